//! The verdict on a version, after each of its cold starts.

use store::model::UnixNano;

use super::baseline::{self, Baseline, PER_DAY_MAX};
use super::boundary::{self, FIRST_LOOK, LAST_LOOK};
use super::cohort::{self, Control, Controls};
use super::evidence::{self, Evidence, Sample};
use super::interval;
use super::panel::{Day, Panel};
use super::verdict::{Outcome, Reason, Verdict};

/// Less history than this says nothing.
const DAYS_MIN: usize = 3;
/// See [`DAYS_MIN`].
const STARTS_MIN: usize = 8;
/// Up to here every cold start is looked at; then one in twenty more than at the last look, so that a busy
/// function costs no more.
const EVERY_LOOK: usize = 60;
/// A change below this (logarithm) does not matter: an interval within it is "unchanged".
const TOLERANCE: f64 = 0.095; // ln 1.1
/// Siblings that move by less than this are not mentioned.
const SIBLINGS_TOLD: f64 = 0.02;
/// A version that was away for more than this many days of versions and comes back is deployed again.
const AWAY: usize = 4;

/// Where versions begin: positions in the series' days, of the first version too.
#[must_use]
pub fn begins(days: &[Day]) -> Vec<usize> {
    (0..days.len())
        .filter(|&i| {
            let recent = &days[i.saturating_sub(AWAY)..i];
            !recent.iter().any(|d| d.version == days[i].version)
        })
        .collect()
}

/// Judges the version that begins at `begin` in the series' days: one look after each of its cold starts,
/// knowing what was known then, until it is decided or all looks are taken.
#[must_use]
pub fn judge(panel: &Panel, series: usize, begin: usize) -> Verdict {
    let days = panel.days(series);
    let Some(mut watch) = Watch::begin(panel, series, begin) else {
        let n_after = days[begin].starts.len();
        return nothing_said(vec![Reason::FirstVersion], 0, n_after);
    };
    for day in days[begin..]
        .iter()
        .filter(|d| d.version == days[begin].version)
    {
        for start in &day.starts {
            if watch.see(day.day, start.at, start.ln) {
                return watch.verdict();
            }
        }
    }
    watch.verdict()
}

/// Judges the version by one look at all of its cold starts. For whoever keeps only some of them and looks
/// after each new one: looks at what was known earlier would be looks at other cold starts than those that
/// were known then, and each a further chance for a false alarm.
#[must_use]
pub fn judge_now(panel: &Panel, series: usize, begin: usize) -> Verdict {
    let days = panel.days(series);
    let Some(mut watch) = Watch::begin(panel, series, begin) else {
        let n_after = days[begin].starts.len();
        return nothing_said(vec![Reason::FirstVersion], 0, n_after);
    };
    let own = days[begin..]
        .iter()
        .filter(|d| d.version == days[begin].version);
    let mut now = None;
    for day in own {
        for start in &day.starts {
            watch.sample.push(day.day, start.ln);
            now = Some(start.at);
        }
    }
    if let Some(now) = now.filter(|_| watch.sample.len() >= FIRST_LOOK && !watch.short_history()) {
        watch.look(now);
    }
    watch.verdict()
}

fn nothing_said(reasons: Vec<Reason>, n_before: usize, n_after: usize) -> Verdict {
    Verdict {
        outcome: Outcome::Undecided,
        relative: None,
        interval: None,
        p_value: None,
        n_before,
        n_after,
        detected_at: None,
        reasons,
    }
}

/// A version under watch.
#[derive(Debug)]
pub struct Watch<'a> {
    baseline: Baseline,
    controls: Controls<'a>,
    /// What siblings did by day as known at a time, so that a day of equal times is asked once.
    known: Vec<(i64, UnixNano, Option<Control>)>,
    sample: Sample,
    next_look: usize,
    last: Option<Evidence>,
    controlled: bool,
    largest: f64,
    decided: Option<(Outcome, UnixNano)>,
}

impl<'a> Watch<'a> {
    /// Begins with the history before; `None` if there is none.
    #[must_use]
    pub fn begin(panel: &'a Panel, series: usize, begin: usize) -> Option<Self> {
        let days = panel.days(series);
        let at = days[begin].starts[0].at;
        let history: Vec<&Day> = days[..begin].iter().filter(|d| d.end() <= at).collect();
        let noise = baseline::noise(&history, &|day| cohort::past_shift(panel, series, day));
        let baseline = Baseline::of(&history, noise)?;
        let before = (baseline.first_day, days[begin].day);
        Some(Self {
            baseline,
            controls: Controls::since(panel, series, before, cohort::between(days, begin)),
            known: Vec::new(),
            sample: Sample::default(),
            next_look: FIRST_LOOK,
            last: None,
            controlled: true,
            largest: 0.0,
            decided: None,
        })
    }

    /// Takes one cold start (logarithm of its duration); true when nothing more will change.
    pub fn see(&mut self, day: i64, at: UnixNano, ln: f64) -> bool {
        self.sample.push(day, ln);
        if self.short_history() {
            return self.sample.len() >= LAST_LOOK;
        }
        let closes = self.sample.replicates() >= LAST_LOOK;
        if self.sample.len() >= self.next_look || closes {
            self.next_look = match self.sample.len() < EVERY_LOOK {
                true => self.sample.len() + 1,
                false => self.sample.len() + self.sample.len() / 20,
            };
            self.look(at);
        }
        self.decided.is_some() || closes
    }

    fn look(&mut self, now: UnixNano) {
        let (known, controls) = (&mut self.known, &self.controls);
        let control = self.sample.control(&mut |day| match known
            .iter_mut()
            .find(|(d, ..)| *d == day)
        {
            Some((_, asked, control)) => {
                if *asked != now {
                    (*asked, *control) = (now, controls.on(day, now));
                }
                *control
            }
            None => {
                let control = controls.on(day, now);
                known.push((day, now, control));
                control
            }
        });
        self.controlled = control.is_some();
        let evidence = evidence::weigh(&self.sample, &self.baseline, control);
        self.largest = self.largest.max(evidence.score / self.regressed_at());
        if evidence.score >= self.regressed_at() {
            self.decided = Some((Outcome::Regressed, now));
        } else if -evidence.score >= self.improved_at() {
            self.decided = Some((Outcome::Improved, now));
        }
        self.last = Some(evidence);
    }

    /// Looks after more cold starts of a day than count pay as those between days do: each is one more chance
    /// for an hour that is bad for another reason.
    fn busy(&self) -> f64 {
        let replicates = self.sample.replicates();
        match self.sample.is_past_a_days_worth() && replicates.is_multiple_of(PER_DAY_MAX) {
            true => boundary::BETWEEN,
            false => 1.0,
        }
    }

    /// The score that is "regressed" now.
    fn regressed_at(&self) -> f64 {
        self.busy() * boundary::regressed(self.sample.replicates())
    }

    /// The negative score that is "improved" now.
    fn improved_at(&self) -> f64 {
        self.busy() * boundary::improved(self.sample.replicates())
    }

    fn short_history(&self) -> bool {
        self.baseline.days < DAYS_MIN || self.baseline.starts < STARTS_MIN
    }

    /// What is known now.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let n_after = self.sample.len();
        if self.short_history() {
            let reason = Reason::ShortHistory {
                days: self.baseline.days,
                starts: self.baseline.starts,
            };
            return nothing_said(vec![reason], self.baseline.starts, n_after);
        }
        let Some(evidence) = self.last else {
            let reason = Reason::FewStarts { starts: n_after };
            return nothing_said(vec![reason], self.baseline.starts, n_after);
        };
        let (low, high) = interval::of(evidence.effect, &self.sample, &self.baseline);
        let (outcome, reason, p_value) = self.outcome(&evidence, low, high);
        let mut reasons = vec![reason];
        if !self.controlled {
            reasons.push(Reason::NoSiblings);
        } else if evidence.siblings.abs() > SIBLINGS_TOLD {
            let relative = interval::relative(evidence.siblings);
            reasons.push(Reason::SiblingsMoved { relative });
        }
        Verdict {
            outcome,
            relative: Some(interval::relative(evidence.effect)),
            interval: Some((interval::relative(low), interval::relative(high))),
            p_value: Some(p_value),
            n_before: self.baseline.starts,
            n_after,
            detected_at: self.decided.map(|(_, at)| at),
            reasons,
        }
    }

    fn outcome(&self, evidence: &Evidence, low: f64, high: f64) -> (Outcome, Reason, f64) {
        let replicates = self.sample.replicates();
        let p_value = boundary::p_value(self.largest);
        match self.decided {
            Some((Outcome::Improved, _)) => {
                let multiple = -evidence.score / self.improved_at();
                let reason = Reason::Crossed { multiple };
                (Outcome::Improved, reason, boundary::p_value(multiple))
            }
            Some((outcome, _)) => {
                let multiple = evidence.score / self.regressed_at();
                (outcome, Reason::Crossed { multiple }, p_value)
            }
            None if replicates >= LAST_LOOK => (Outcome::Unchanged, Reason::WithinNoise, p_value),
            None if replicates >= 10 && low > -TOLERANCE && high < TOLERANCE => {
                (Outcome::Unchanged, Reason::IntervalNarrow, p_value)
            }
            None => (Outcome::Undecided, Reason::StillOpen, p_value),
        }
    }
}
