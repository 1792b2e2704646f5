//! Exponential smoothing with up to two seasons (Taylor's double seasonal Holt-Winters): a level, a damped
//! trend, a shape of the day and one of the week, each moved a little by every value, and what the last
//! value missed by fades into the next.

/// Speeds of the level that are tried, per step.
const LEVELS: [f64; 5] = [0.003, 0.02, 0.08, 0.25, 0.6];
/// Speeds of the seasons, per season.
const SEASONS: [f64; 3] = [0.05, 0.15, 0.35];
/// Speeds of the trend, as a part of the level's.
const TRENDS: [f64; 2] = [0.0, 0.1];
/// What is left of the trend after each step.
const DAMPING: f64 = 0.97;
/// Errors do fade.
const ECHO_MAX: f64 = 0.98;

/// How fast each part moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    level: f64,
    trend: f64,
    season: [f64; 2],
    /// What of an error is seen again in the next step.
    echo: f64,
}

/// Where the search begins,
const START: Smoothing = Smoothing {
    level: 0.08,
    trend: 0.0,
    season: [0.15; 2],
    echo: 0.0,
};
/// and how often it goes through all parts: a third time changes next to nothing.
const ROUNDS: usize = 2;

struct State<'a> {
    seasons: &'a [usize],
    level: f64,
    trend: f64,
    shapes: [Vec<f64>; 2],
    error: f64,
    t: usize,
}

impl<'a> State<'a> {
    /// From the first two (of a long season: or as many as there are) seasons.
    fn new(history: &[f64], seasons: &'a [usize]) -> Self {
        let head = seasons.last().map_or(2, |s| 2 * s).min(history.len());
        let level = history[..head].iter().sum::<f64>() / head as f64;
        let mut rest: Vec<f64> = history[..head].iter().map(|v| v - level).collect();
        let mut shapes = [Vec::new(), Vec::new()];
        for (shape, season) in shapes.iter_mut().zip(seasons) {
            *shape = vec![0.0; *season];
            for (i, slot) in shape.iter_mut().enumerate() {
                let same: Vec<f64> = rest.iter().skip(i).step_by(*season).copied().collect();
                *slot = same.iter().sum::<f64>() / same.len().max(1) as f64;
            }
            for (i, v) in rest.iter_mut().enumerate() {
                *v -= shape[i % season];
            }
        }
        Self {
            seasons,
            level,
            trend: 0.0,
            shapes,
            error: 0.0,
            t: 0,
        }
    }

    fn seasonal(&self, t: usize) -> f64 {
        (self.shapes.iter().zip(self.seasons))
            .map(|(shape, season)| shape[t % season])
            .sum()
    }

    /// Takes a value in; answers by how much level and shapes missed it.
    fn take(&mut self, value: f64, by: &Smoothing) -> f64 {
        let error = value - self.level - DAMPING * self.trend - self.seasonal(self.t);
        self.level += DAMPING * self.trend + by.level * error;
        self.trend = DAMPING * self.trend + by.trend * by.level * error;
        for (i, season) in self.seasons.iter().enumerate() {
            self.shapes[i][self.t % season] += by.season[i] * error;
        }
        self.error = error;
        self.t += 1;
        error
    }
}

impl Smoothing {
    /// The speeds that foresaw each next value of `history` best, one part after the other.
    #[must_use]
    pub fn fit(history: &[f64], seasons: &[usize]) -> Option<Self> {
        let seasons = usable(history, seasons);
        let warm = seasons.last().copied().unwrap_or(2);
        if history.len() < warm + 3 {
            return None;
        }
        let mut best = START;
        let mut least = f64::INFINITY;
        let mut consider = |best: &mut Self, mut by: Self| {
            let (square, echo) = by.errors(history, seasons, warm);
            if square < least {
                (least, by.echo) = (square, echo);
                *best = by;
            }
        };
        for _ in 0..ROUNDS {
            for level in LEVELS {
                let by = Self { level, ..best };
                consider(&mut best, by);
            }
            for i in 0..seasons.len() {
                for speed in SEASONS {
                    let mut by = best;
                    by.season[i] = speed;
                    consider(&mut best, by);
                }
            }
            for trend in TRENDS {
                let by = Self { trend, ..best };
                consider(&mut best, by);
            }
        }
        Some(best)
    }

    /// The sum of squares of one-step errors after `warm`, and how much of an error is in the next.
    fn errors(&self, history: &[f64], seasons: &[usize], warm: usize) -> (f64, f64) {
        let mut state = State::new(history, seasons);
        let (mut squares, mut next, mut before) = (0.0, 0.0, 0.0);
        for (t, v) in history.iter().enumerate() {
            let error = state.take(*v, self);
            if t >= warm {
                squares += error * error;
                next += error * before;
            }
            before = error;
        }
        let echo = if squares > 0.0 {
            (next / squares).clamp(0.0, ECHO_MAX)
        } else {
            0.0
        };
        (squares * (1.0 + echo * echo) - 2.0 * echo * next, echo)
    }

    /// The next `horizon` values after `history`.
    #[must_use]
    pub fn predict(&self, history: &[f64], seasons: &[usize], horizon: usize) -> Vec<f64> {
        let seasons = usable(history, seasons);
        let mut state = State::new(history, seasons);
        for v in history {
            state.take(*v, self);
        }
        let (mut ahead, mut trend, mut echo) = (state.level, state.trend, state.error);
        (0..horizon)
            .map(|h| {
                trend *= DAMPING;
                ahead += trend;
                echo *= self.echo;
                ahead + echo + state.seasonal(state.t + h)
            })
            .collect()
    }
}

/// Seasons that fit twice.
fn usable<'a>(history: &[f64], seasons: &'a [usize]) -> &'a [usize] {
    let count = (seasons.iter().take(2)).take_while(|s| **s > 1 && history.len() >= 2 * **s);
    &seasons[..count.count()]
}
