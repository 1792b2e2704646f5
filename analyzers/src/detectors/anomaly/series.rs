//! The state of one series, and what it says of each row.

use serde::{Deserialize, Serialize};

use super::event::{Echo, Run};
use super::judgement::{Judgement, Kind, Reason};
use super::model::{self, Model};
use super::novelty::Novelty;
use super::shape::Shape;
use super::signals::{ALL, Signals};
use super::silence;

/// A signal is worth telling when it is as rare as one row in 10^4.3, some 20,000: with six signals to
/// two sides, and the tails' own errors, a quarter of an alert per week of hours on series like those
/// it was set on.
const RARITY: f32 = 4.3;
/// Leaving all that was seen by this many usual ranges is worth telling.
const RANGES: f32 = 0.3;
/// Departures below this on the judging scale (1 %) do not matter, however rare.
const SMALL: f32 = 0.01;
/// An event that lasts longer than two leads is the new usual.
const HOLD_LEADS: i64 = 2;
/// The usual band holds nineteen of twenty rows.
const BAND: f64 = 1.96;
/// Wider departures are not normal, and their mean is not to be had from their width.
const SPREAD_MAX: f64 = 0.5;
/// The strength of what is too cheap to be told: just below an alert.
const STRENGTH_CHEAP: f32 = 0.9;
/// Keeps sums finite whatever values come.
const WORTH_MAX: f64 = 1e300;

/// One series; below a kilobyte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    shape: Shape,
    model: Option<Model>,
    novelty: Option<Novelty>,
    signals: Signals,
    slots_known: usize,
    silent_rows: u16,
    echo: Echo,
    up: Run,
    down: Run,
    worth_least: f64,
    /// Begin and side of the event that goes on.
    event: Option<(i64, bool)>,
}

/// The strongest that speaks against a row.
struct Strongest {
    strength: f32,
    /// The row's own departure, signed.
    size: f32,
    above: bool,
    reason: Option<Reason>,
}

impl Strongest {
    fn challenge(&mut self, strength: f32, above: bool, reason: Reason) {
        if strength > self.strength {
            *self = Self {
                strength,
                above,
                reason: Some(reason),
                ..*self
            };
        }
    }
}

impl Series {
    /// A series of which nothing is known.
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            model: None,
            novelty: None,
            signals: Signals::default(),
            slots_known: 0,
            silent_rows: 0,
            echo: Echo::default(),
            up: Run::default(),
            down: Run::default(),
            worth_least: 0.0,
            event: None,
        }
    }

    /// Tells an event only once it is worth this much, in the series' unit (value − expected, summed since it
    /// began, of either sign): money for spend. Until then it is no alert, however rare.
    #[must_use]
    pub fn telling_from(self, worth_least: f64) -> Self {
        Self {
            worth_least,
            ..self
        }
    }

    /// Learns from history: rows (seconds since 1970, value) in time order, the last of them the last
    /// that was pushed; at most the last six weeks of hours count. To be called once a lead (a day). If
    /// history is too short, what was known stays.
    pub fn refit(&mut self, history: &[(i64, f64)]) {
        let Some((last_s, _)) = history.last() else {
            return;
        };
        let hold_s = HOLD_LEADS * self.shape.lead_s();
        if self
            .event
            .is_some_and(|(since_s, _)| last_s - since_s >= hold_s)
        {
            (self.event, self.up, self.down) = (None, Run::default(), Run::default());
        }
        let event_s = self.event.map_or(i64::MAX, |(since_s, _)| since_s);
        match model::learn(history, &self.shape, event_s) {
            Ok((model, running)) => {
                self.model = Some(model);
                self.signals = running.signals;
                self.novelty = Some(running.novelty);
            }
            Err(slots_known) => self.slots_known = slots_known,
        }
    }

    /// Judges the next row. A value that is not finite is a gap: nothing is said of it.
    pub fn push(&mut self, at_s: i64, value: f64) -> Judgement {
        let (Some(model), Some(novelty)) = (&self.model, &mut self.novelty) else {
            return Judgement {
                reasons: vec![Reason::TooLittleHistory {
                    known: self.slots_known,
                    needed: self.shape.slots_min(),
                }],
                ..Judgement::default()
            };
        };
        if !value.is_finite() {
            return Judgement::default();
        }
        let scaled = model.transform.apply(value);
        let (expected, scale) = (model.expected_at(at_s), model.scale_at(at_s));
        let departure = ((scaled - expected) / scale) as f32;
        let mut strongest = rarest(model, self.signals.push(departure, model.carry), scale);
        let ranges = novelty.push(scaled as f32);
        strongest.challenge(
            ranges.abs() / RANGES,
            ranges > 0.0,
            Reason::Unseen { ranges },
        );
        self.silent_rows = silence::run(self.silent_rows, scaled, expected);
        let (rows, longest) = (self.silent_rows, model.silence);
        let silence = silence::strength(rows, longest);
        strongest.challenge(silence, false, Reason::Silent { rows, longest });
        strongest.strength *= model.trust;

        let back = |scaled: f64| model.transform.invert(scaled);
        // The mean lies above the middle on such a scale; sums of money need the mean.
        let mean = back(expected) * (scale.min(SPREAD_MAX).powi(2) / 2.0).exp();
        let mut judgement = Judgement {
            expected: Some(mean),
            low: Some(back(expected - BAND * scale)),
            high: Some(back(expected + BAND * scale)),
            ..Judgement::default()
        };
        let worth = (value - mean).clamp(-WORTH_MAX, WORTH_MAX);
        self.up.push(at_s, departure, worth);
        self.down.push(at_s, -departure, worth);
        let silent = silence::silent(scaled, expected);
        let new = model.transform.all_zero();
        let run = if strongest.above {
            &self.up
        } else {
            &self.down
        };
        if strongest.strength > STRENGTH_CHEAP && run.excess.abs() < self.worth_least {
            strongest.strength = STRENGTH_CHEAP;
            judgement.reasons.push(Reason::Cheap { excess: run.excess });
        }
        strongest.size = departure;
        self.tell(&mut judgement, &strongest, silent, new);
        judgement
    }

    /// Whether it is news, and of what kind.
    fn tell(&mut self, judgement: &mut Judgement, strongest: &Strongest, silent: bool, new: bool) {
        let half_life = (self.shape.season * self.shape.rows_per_slot()) as f32;
        let news = self
            .echo
            .news(strongest.strength, strongest.size, half_life);
        judgement.anomaly = news >= 1.0;
        judgement.score = f64::from(1.0 - (-news).exp2());
        let run = if strongest.above {
            &self.up
        } else {
            &self.down
        };
        if strongest.strength >= 1.0 {
            judgement.reasons.extend(strongest.reason);
            if !judgement.anomaly {
                judgement.reasons.push(Reason::Told);
            }
        }
        if judgement.anomaly {
            judgement.kind = Some(match strongest.above {
                false if silent => Kind::Zero,
                false => Kind::Drop,
                true if new => Kind::New,
                true if run.short() => Kind::Spike,
                true if run.grows() => Kind::Leak,
                true => Kind::Step,
            });
            if run.open() {
                self.event = Some((run.since_s, strongest.above));
            }
        }
        let Some((_, above)) = self.event else {
            return;
        };
        let run = if above { &self.up } else { &self.down };
        match run.open() {
            true => {
                judgement.since_s = Some(run.since_s);
                judgement.excess = run.excess;
            }
            false => self.event = None,
        }
    }
}

/// The rarest signal, of those that matter.
fn rarest(model: &Model, signals: [f32; ALL.len()], scale: f64) -> Strongest {
    let mut strongest = Strongest {
        strength: 0.0,
        size: 0.0,
        above: true,
        reason: None,
    };
    for ((signal, tails), deviations) in ALL.into_iter().zip(&model.tails).zip(signals) {
        let above = deviations > 0.0;
        let Some(tail) = tails[usize::from(!above)] else {
            continue;
        };
        if deviations.abs() * scale as f32 >= SMALL {
            let rarity = tail.rarity(deviations.abs());
            let reason = Reason::Rare {
                signal,
                deviations,
                rarity,
            };
            strongest.challenge(rarity / RARITY, above, reason);
        }
    }
    strongest
}
