//! One measure of a version, looked at after each of its stretches of time.

use store::model::UnixNano;

use super::evidence::{self, Evidence};
use super::measure::{Form, Measure, Point};
use super::past::Past;
use super::tally::{Tally, comparable_beside};
use super::verdict::{Control, Need, Reason, Verdict, count, in_unit};
use crate::detectors::regression::Outcome;

/// The logarithm of the e-value that is certain: one false alarm in a hundred at any of all looks.
pub const CERTAIN: f64 = 4.605_170_185_988_091;
/// Fewer invocations than this are not looked at.
const LOOK_MIN: f64 = 20.0;
/// Fewer invocations before than this are no history.
const BEFORE_MIN: f64 = 30.0;
/// A version that ran for so long and so often without anything becoming evident changed nothing: whatever
/// comes later is not this deploy.
pub const WATCH_S: i64 = 86_400;
/// See [`WATCH_S`].
const WATCH_MIN: f64 = 300.0;
/// The part of a version's invocations that must have had the other beside them to be compared with it.
const BESIDE: f64 = 0.5;

/// A measure of a version under watch.
#[derive(Debug)]
pub struct Watch<'a> {
    measure: Measure,
    past: &'a Past,
    /// The logarithm of the e-value that is asked for.
    bar: f64,
    begin_s: i64,
    last_s: i64,
    against_past: Tally,
    against_beside: Tally,
    seen: f64,
    other_traffic: f64,
    last: Option<(Evidence, Control)>,
    largest: f64,
    decided: Option<(Outcome, i64)>,
}

impl<'a> Watch<'a> {
    /// Begins to watch a version that begins at `begin_s`.
    #[must_use]
    pub fn new(measure: Measure, past: &'a Past, begin_s: i64, bar: f64) -> Self {
        Self {
            measure,
            past,
            bar,
            begin_s,
            last_s: begin_s,
            against_past: Tally::default(),
            against_beside: Tally::default(),
            seen: 0.0,
            other_traffic: 0.0,
            last: None,
            largest: 0.0,
            decided: None,
        }
    }

    /// Takes one stretch of the version, and the same stretch of the version before if it ran beside it;
    /// true when nothing more will change.
    pub fn see(&mut self, point: &Point, beside: Option<&Point>) -> bool {
        let end_s = point.at_s + point.length_s;
        if point.at_s < self.begin_s + self.measure.settling_s() {
            self.last_s = end_s;
            return false;
        }
        self.last_s = end_s;
        self.seen += point.n;
        match self.past.expect(point) {
            Some(mean) => self.against_past.add(point, mean, None),
            None => self.other_traffic += point.n,
        }
        if let Some(beside) = beside.filter(|_| comparable_beside(self.measure)) {
            self.against_beside.add(point, beside.mean(), Some(beside));
        }
        self.look(end_s);
        self.decided.is_some() || self.watched()
    }

    fn look(&mut self, now_s: i64) {
        let beside = self.against_beside.n() >= BESIDE * self.seen
            && self.against_beside.n_beside() >= BEFORE_MIN;
        let (tally, control) = match beside {
            true => (&self.against_beside, Control::Beside),
            false => (&self.against_past, Control::Past),
        };
        let enough = beside || self.past.n() >= BEFORE_MIN;
        if tally.n() < LOOK_MIN || tally.n() < BESIDE * self.seen || !enough {
            return;
        }
        let observed = match control {
            Control::Beside => tally.against_beside(self.past),
            Control::Past => tally.against_past(self.past),
        };
        let evidence = evidence::weigh(self.measure, &observed);
        self.largest = self.largest.max(evidence.ln_more);
        if evidence.ln_more >= self.bar && self.matters(&evidence) {
            self.decided = Some((Outcome::Regressed, now_s));
        } else if evidence.ln_less >= self.bar {
            self.decided = Some((Outcome::Improved, now_s));
        }
        self.last = Some((evidence, control));
    }

    fn matters(&self, evidence: &Evidence) -> bool {
        match self.measure.form() {
            Form::Level => evidence.relative >= self.measure.matters(),
            Form::Share => evidence.after - evidence.before >= self.measure.matters(),
        }
    }

    fn watched(&self) -> bool {
        self.last_s >= self.begin_s + WATCH_S && self.seen >= WATCH_MIN
    }

    /// The largest logarithm of an e-value of "more" so far.
    #[must_use]
    pub const fn largest(&self) -> f64 {
        self.largest
    }

    /// What is known now.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let n_before = self.past.n();
        let Some((evidence, control)) = self.last else {
            return self.nothing(n_before);
        };
        let n_before = match control {
            Control::Beside => self.against_beside.n_beside(),
            Control::Past => n_before,
        };
        let (outcome, reason) = self.outcome(&evidence);
        let mut reasons = vec![reason, Reason::Against(control)];
        if self.bar > CERTAIN && self.largest > CERTAIN {
            reasons.push(Reason::RestlessPast);
        }
        Verdict {
            measure: self.measure,
            outcome,
            before: Some(in_unit(self.measure, evidence.before)),
            after: Some(in_unit(self.measure, evidence.after)),
            relative: Some(evidence.relative),
            interval: Some((evidence.low, evidence.high)),
            p_value: Some((-self.largest).exp().min(1.0)),
            n_before: count(n_before),
            n_after: count(self.seen),
            detected_at: self.decided.map(|(_, at_s)| UnixNano::from_secs(at_s)),
            reasons,
            need: (outcome == Outcome::Undecided).then(|| self.need(&evidence)),
        }
    }

    fn nothing(&self, n_before: f64) -> Verdict {
        let short = n_before < BEFORE_MIN;
        if short && self.against_beside.n_beside() < BEFORE_MIN {
            let invocations = count(n_before);
            let reason = Reason::ShortHistory { invocations };
            return Verdict::nothing(self.measure, reason, n_before, self.seen);
        }
        let settled_s = self.begin_s + self.measure.settling_s();
        let reason = match self.seen >= LOOK_MIN && self.other_traffic > BESIDE * self.seen {
            true => Reason::OtherTraffic,
            false => Reason::FewInvocations {
                invocations: count(self.seen),
            },
        };
        let verdict = Verdict::nothing(self.measure, reason, n_before, self.seen);
        let settling = u64::try_from(settled_s - self.last_s).unwrap_or(0);
        verdict.needing(match (settling, reason) {
            (1.., _) => Need::Minutes(settling.div_ceil(60)),
            (0, Reason::OtherTraffic) => self.rest(),
            _ => Need::Invocations(count(LOOK_MIN - self.seen).max(1)),
        })
    }

    fn outcome(&self, evidence: &Evidence) -> (Outcome, Reason) {
        match self.decided {
            Some((Outcome::Improved, _)) => {
                let times = evidence.ln_less.exp();
                (Outcome::Improved, Reason::Evident { times })
            }
            Some((outcome, _)) => {
                let times = evidence.ln_more.exp();
                (outcome, Reason::Evident { times })
            }
            None if self.no_worse(evidence.before, evidence.high) => {
                (Outcome::Unchanged, Reason::IntervalNarrow)
            }
            None if self.watched() => (Outcome::Unchanged, Reason::WithinNoise),
            None => (Outcome::Undecided, Reason::StillOpen),
        }
    }

    fn no_worse(&self, before: f64, high: f64) -> bool {
        high <= self.measure.tolerance()
            || (self.measure.form() == Form::Share
                && before * high <= self.measure.tolerance_share())
    }

    /// The smallest number of invocations like these, doubling, that would make the interval narrow enough;
    /// or the rest of the watch, where none would.
    fn need(&self, evidence: &Evidence) -> Need {
        let width = (evidence.high + 1.0) / (evidence.relative + 1.0).max(1e-9);
        let mut more = 1.0;
        while more < 64.0 {
            more *= 1.25;
            // What chance adds shrinks with the root; what lies between hours and days stays, so this
            // is the least that is needed.
            let high = (evidence.relative + 1.0).max(0.0)
                * width.max(1.0).powf(1.0 / f64::sqrt(more))
                - 1.0;
            if self.no_worse(evidence.before, high) {
                return Need::Invocations(count(self.seen * (more - 1.0)).max(1));
            }
        }
        self.rest()
    }

    fn rest(&self) -> Need {
        let seconds = u64::try_from(self.begin_s + WATCH_S - self.last_s).unwrap_or(0);
        match seconds {
            0 => Need::Invocations(count(WATCH_MIN - self.seen).max(1)),
            _ => Need::Minutes(seconds.div_ceil(60)),
        }
    }
}
