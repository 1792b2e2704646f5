//! How many of how many: what happens now, and what is usual.
//!
//! Evidence that a share exceeds a limit is `n · KL(share ‖ limit)`, in nats: by Chernoff's bound, chance
//! alone shows as much with a probability of at most `exp(−evidence)` while the true share is at the
//! limit. It needs no least number of invocations: ten failures of ten are evidence, one of one is not.

use serde::{Deserialize, Serialize};

/// Evidence from which something is believed, nats: one in a million, for a month has 43,200 looks.
pub const EVIDENCE: f64 = 13.8;

/// Evidence from which what is believed anyway is believed to be severe, nats: one in a hundred. The first
/// message should say how bad it is, not the second.
const SEVERE: f64 = 4.6;

/// Half-lives of what happened lately, s: a burst in a busy function shows within the first, a trickle in a
/// quiet one within the last.
const HALF_LIVES_S: [f64; WINDOWS] = [120.0, 600.0, 3_600.0, 21_600.0];
const WINDOWS: usize = 4;
/// Whether it still holds is told by the shortest but the first that holds so many.
const STEADY_OF: f32 = 100.0;

/// What happened lately: counts that fade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    at_s: u32,
    of: [f32; WINDOWS],
    hits: [f32; WINDOWS],
}

/// What speaks for a share above a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// The share where the evidence is strongest.
    pub share: f64,
    /// Evidence, nats.
    pub evidence: f64,
}

impl Recent {
    /// Adds a bucket that ends at `until_s`.
    pub fn add(&mut self, until_s: u32, of: u32, hits: u32) {
        let elapsed_s = f64::from(until_s.saturating_sub(self.at_s));
        self.at_s = self.at_s.max(until_s);
        for (i, half_life_s) in HALF_LIVES_S.iter().enumerate() {
            let kept = (-elapsed_s / half_life_s).exp2() as f32;
            self.of[i] = self.of[i] * kept + of as f32;
            self.hits[i] = self.hits[i] * kept + hits.min(of) as f32;
        }
    }

    /// The strongest evidence for a share above `limit` (0..=1), where counts scatter `spread` times as much
    /// as by chance.
    #[must_use]
    pub fn above(&self, limit: f64, spread: f64) -> Strength {
        let mut best = Strength {
            share: 0.0,
            evidence: 0.0,
        };
        for i in 0..HALF_LIVES_S.len() {
            let of = f64::from(self.of[i]);
            let share = ratio(self.hits[i].into(), of);
            let evidence = match share > limit {
                true => of * divergence(share, limit) / spread.max(1.0),
                false => 0.0,
            };
            if evidence > best.evidence {
                best = Strength { share, evidence };
            }
        }
        best
    }

    fn steady(&self) -> usize {
        let enough = (1..WINDOWS).find(|i| self.of[*i] >= STEADY_OF);
        enough.unwrap_or(WINDOWS - 1)
    }

    /// The share within about a quarter of an hour, or as long as it takes to know one.
    #[must_use]
    pub fn share(&self) -> f64 {
        ratio(self.hits(), self.of())
    }

    /// Hits within that time.
    #[must_use]
    pub fn hits(&self) -> f64 {
        self.hits[self.steady()].into()
    }

    /// Of how many, within that time.
    #[must_use]
    pub fn of(&self) -> f64 {
        self.of[self.steady()].into()
    }

    /// Forgets what was counted.
    fn clear(&mut self) {
        (self.of, self.hits) = ([0.0; WINDOWS], [0.0; WINDOWS]);
    }

    /// End of the newest bucket, s since the epoch.
    #[must_use]
    pub fn at_s(&self) -> u32 {
        self.at_s
    }
}

fn ratio(hits: f64, of: f64) -> f64 {
    match of > 0.0 {
        true => (hits / of).clamp(0.0, 1.0),
        false => 0.0,
    }
}

/// Kullback-Leibler divergence of two shares, nats.
fn divergence(share: f64, limit: f64) -> f64 {
    let limit = limit.clamp(1e-9, 1.0 - 1e-9);
    let term = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
    (term(share, limit) + term(1.0 - share, 1.0 - limit)).max(0.0)
}

/// Half-life of what is usual, hours: two weeks.
const USUAL_HALF_LIFE_H: f64 = 336.0;
/// Before so many hours with invocations a function has no past to speak of,
const YOUNG_HOURS: u16 = 24;
/// and as few invocations as these say as little.
const YOUNG_INVOCATIONS: f32 = 200.0;
/// A bad hour counts as at most so many times what is usual,
const HOUR_TIMES_MAX: f64 = 3.0;
/// and this share more: an outage does not become the past at once, and a new habit does within weeks.
const HOUR_MORE_MAX: f64 = 0.005;
/// One hour in so many makes the scatter.
const SPREAD_HOURS: f32 = 50.0;
/// Scatter of one hour that counts at most.
const SPREAD_MAX: f64 = 20.0;

/// What is usual: the share over the last weeks, and how much more than by chance it scatters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    of: f32,
    hits: f32,
    spread: f32,
    hours: u16,
    at_h: u32,
}

impl Usual {
    /// Learns from an hour.
    pub fn learn(&mut self, hour_s: u32, of: u32, hits: u32) {
        if of == 0 {
            return;
        }
        let (of, hour) = (f64::from(of), hour_s / 3600);
        let mut hits = f64::from(hits).min(of);
        if let Some(share) = self.share() {
            let expected = of * share;
            if expected >= 0.5 {
                let chi = (hits - expected).powi(2) / (expected * (1.0 - share).max(1e-3));
                self.spread += (chi.min(SPREAD_MAX) as f32 - self.spread) / SPREAD_HOURS;
            }
            hits = hits.min(expected * HOUR_TIMES_MAX + of * HOUR_MORE_MAX + 1.0);
        }
        let elapsed_h = f64::from(hour.saturating_sub(self.at_h));
        let kept = (-elapsed_h / USUAL_HALF_LIFE_H).exp2() as f32;
        self.of = self.of * kept + of as f32;
        self.hits = self.hits * kept + hits as f32;
        self.hours = self.hours.saturating_add(1);
        self.at_h = self.at_h.max(hour);
    }

    /// The usual share; `None` while there is too little past.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.hours >= YOUNG_HOURS && self.of >= YOUNG_INVOCATIONS)
            .then(|| ratio(self.hits.into(), self.of.into()))
    }

    /// How much more than by chance counts scatter; at least 1.
    #[must_use]
    pub fn spread(&self) -> f64 {
        f64::from(self.spread).max(1.0)
    }
}

/// An alarm on a share: opens on evidence, closes when the share has come down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Counted since it opened.
    pub of: u32,
    /// See `of`.
    pub hits: u32,
    /// Of these, since the last bucket with a hit.
    without: u32,
    /// The highest share that was known while it was open.
    share: f32,
    /// Since when, s since the epoch; 0 while it is shut.
    pub began_s: u32,
    /// When it was certain, s since the epoch.
    pub detected_s: u32,
    /// Whether the second, higher limit holds.
    pub high: bool,
}

/// Closes when the share is below so much of the limit,
const CLOSES_BELOW: f64 = 0.7;
/// and nothing that happened so long ago keeps it open, s.
const IDLE_S: u32 = 3600;

impl Alarm {
    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.began_s > 0
    }

    /// Judges after a bucket: `limits` are the low and the high one. When it closes, what happened so far is
    /// forgotten: another alarm needs evidence of its own, or one failure in the hours after an outage would
    /// be the outage again.
    pub fn judge(&mut self, recent: &mut Recent, limits: (f64, f64), spread: f64, now_s: u32) {
        let low = recent.above(limits.0, spread);
        let high = recent.above(limits.1, spread);
        let lately = recent.share().max(recent.newest());
        let has_come_down = lately < limits.0 * CLOSES_BELOW;
        if !self.is_open() {
            if low.evidence.max(high.evidence) < EVIDENCE || has_come_down {
                return;
            }
            let (began_s, of, hits) = recent.begin(low.share);
            *self = Self {
                of,
                hits,
                without: 0,
                share: low.share as f32,
                began_s,
                detected_s: now_s,
                high: false,
            };
        }
        self.share = self.share.max(recent.share() as f32);
        self.high = high.evidence >= SEVERE || self.high && lately > limits.1 * CLOSES_BELOW;
        let idle = now_s.saturating_sub(recent.at_s()) > IDLE_S;
        if idle || has_come_down || self.has_ended() {
            *self = Self::default();
            recent.clear();
        }
    }

    /// Whether so many went without a hit that even half the share it had would hardly do that by chance. A
    /// quiet function would otherwise need hours until its share of the last hundred has come down.
    fn has_ended(&self) -> bool {
        let half = f64::from(self.share) / 2.0;
        f64::from(self.without) * -(-half).ln_1p() >= EVIDENCE
    }

    /// Counts a bucket while it is open.
    pub fn count(&mut self, of: u32, hits: u32) {
        if !self.is_open() {
            return;
        }
        self.of = self.of.saturating_add(of);
        self.hits = self.hits.saturating_add(hits);
        self.without = match hits {
            0 => self.without.saturating_add(of),
            _ => 0,
        };
    }
}

impl Recent {
    /// The share within the last minutes.
    #[must_use]
    pub fn newest(&self) -> f64 {
        ratio(self.hits[0].into(), self.of[0].into())
    }

    /// About when a share as high as this began, s since the epoch, with of how many and how many hits came
    /// since: where fading counts hold less of it the longer they look back, it is young.
    fn begin(&self, share: f64) -> (u32, u32, u32) {
        let young = |i: usize| ratio(self.hits[i].into(), self.of[i].into()) < 0.6 * share;
        let window = (1..WINDOWS).find(|i| young(*i)).unwrap_or(WINDOWS) - 1;
        // Counts that fade hold what came within one and a half half-lives.
        let back_s = (1.5 * HALF_LIVES_S[window]) as u32;
        let began_s = self.at_s.saturating_sub(back_s).max(1);
        (
            began_s,
            self.of[window] as u32,
            self.hits[window].ceil() as u32,
        )
    }
}

/// Least and longest time after the last of some events for which they are told, s.
const TOLD_S: (u32, u32) = (3_600, 86_400);

/// How long after the last of `n` events they are told of, s: eight times what lies between two of them, an
/// hour to a day. What happens now and then is one finding, and an outage is over an hour after it ended.
#[must_use]
pub fn told_s(first_s: u32, last_s: u32, n: u32) -> u32 {
    let gaps = match n {
        0 | 1 => return TOLD_S.1,
        n => n - 1,
    };
    let between_s = last_s.saturating_sub(first_s) / gaps;
    between_s.saturating_mul(8).clamp(TOLD_S.0, TOLD_S.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_grows_with_the_share_and_with_how_many_it_is_of() {
        let mut few = Recent::default();
        few.add(60, 1, 1);
        assert!(
            few.above(0.01, 1.0).evidence < EVIDENCE,
            "one of one is not enough"
        );
        few.add(60, 4, 4);
        assert!(few.above(0.01, 1.0).evidence >= EVIDENCE);
        let mut at_limit = Recent::default();
        at_limit.add(60, 100_000, 1_000);
        assert!(at_limit.above(0.01, 1.0).evidence < 1e-9);
    }

    #[test]
    fn what_is_usual_needs_a_day_and_is_not_moved_by_one_bad_hour() {
        let mut usual = Usual::default();
        for hour in 0..23 {
            usual.learn(hour * 3600, 100, 3);
        }
        assert_eq!(usual.share(), None);
        for hour in 23..200 {
            usual.learn(hour * 3600, 100, 3);
        }
        usual.learn(200 * 3600, 100, 100);
        let share = usual.share().expect("known");
        assert!((0.029..0.032).contains(&share), "{share}");
    }

    /// Minutes of `of` invocations and `hits(minute)` hits; when the alarm opened and closed.
    fn minutes(of: u32, count: u32, hits: impl Fn(u32) -> u32) -> Vec<u32> {
        let (mut recent, mut alarm) = (Recent::default(), Alarm::default());
        let mut changes = Vec::new();
        for minute in 1..=count {
            let was = alarm.is_open();
            recent.add(minute * 60, of, hits(minute));
            alarm.count(of, hits(minute));
            alarm.judge(&mut recent, (0.01, 0.1), 1.0, minute * 60);
            if was != alarm.is_open() {
                changes.push(minute);
            }
        }
        changes
    }

    #[test]
    fn an_alarm_opens_within_three_minutes_of_a_burst_and_closes_when_it_is_over() {
        let outage = |minute: u32| if (600..640).contains(&minute) { 10 } else { 0 };
        let changes = minutes(20, 2_000, outage);
        assert!(
            matches!(changes[..], [opened, closed] if opened < 603 && (640..650).contains(&closed)),
            "{changes:?}"
        );
        // Two a minute: the last hundred invocations are most of an hour.
        let quiet = minutes(2, 2_000, |minute| outage(minute) / 5);
        assert!(
            matches!(quiet[..], [opened, closed] if opened < 606 && (640..660).contains(&closed)),
            "{quiet:?}"
        );
    }

    #[test]
    fn one_failure_after_an_outage_is_not_the_outage_again() {
        let changes = minutes(20, 1_000, |minute| match minute {
            600..640 => 18,
            720 | 800 | 801 | 950 => 1,
            _ => 0,
        });
        assert_eq!(changes.len(), 2, "{changes:?}");
    }

    #[test]
    fn an_outage_is_told_an_hour_longer_and_what_is_rare_a_day() {
        for (first_s, last_s, n, want_s) in [
            (1_000, 1_000, 1, 86_400),
            (1_000, 3_400, 200, 3_600),
            (1_000, 1_000 + 3 * 3_600, 4, 8 * 3_600),
            (1_000, 1_000 + 9 * 86_400, 3, 86_400),
        ] {
            assert_eq!(told_s(first_s, last_s, n), want_s, "{n}");
        }
    }

    #[test]
    fn what_goes_on_failing_stays_open() {
        let some = |minute: u32| u32::from(minute.is_multiple_of(3));
        let changes = minutes(
            5,
            3_000,
            |minute| if minute < 1_000 { 0 } else { some(minute) },
        );
        assert_eq!(changes.len(), 1, "{changes:?}");
    }
}
