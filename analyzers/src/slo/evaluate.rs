//! Minute after minute through a history, as it was known at each minute's end.

use super::alerts::{Reason, State};
use super::period::Stretch;
use super::units::Counts;
use super::{Fraction, Meter, Plan};

/// The windows whose burn rates are told: name and minutes.
pub const BURN_WINDOWS: [(&str, i64); 7] = [
    ("5m", 5),
    ("30m", 30),
    ("1h", 60),
    ("2h", 120),
    ("6h", 360),
    ("1d", 1440),
    ("3d", 3 * 1440),
];

/// What is known when a minute has closed.
#[derive(Clone, Debug)]
pub struct Line {
    /// Minutes since 1970.
    pub minute: i64,
    /// The indicator over the period so far; `None` without events.
    pub sli: Option<Fraction>,
    /// What is left of the budget of the period so far, signed.
    pub budget_remaining: Option<Fraction>,
    /// Over [`BURN_WINDOWS`].
    pub burn: [Option<Fraction>; 7],
    /// Of the plan's rules, in order: whether each fires, and why.
    pub alerts: Vec<(bool, Reason)>,
}

/// Walks through the counts of a plan's objectives.
pub struct Evaluation<'a> {
    plan: &'a Plan,
    meter: Meter,
    next: i64,
    end: i64,
    period: Option<Stretch>,
    rates: Vec<Fraction>,
    states: Vec<State>,
    min_bad_events: i128,
}

impl<'a> Evaluation<'a> {
    /// Begins with the first minute of `counts`, one for each objective of `plan`, all from the same first
    /// to the same last minute. An event is `event_size` in them (1, unless counts have fractions).
    #[must_use]
    pub fn new(plan: &'a Plan, counts: Vec<Counts>, event_size: u64) -> Self {
        let (next, end) = counts.first().map_or((0, 0), |c| (c.first, c.end()));
        Self {
            plan,
            meter: Meter::new(plan, counts),
            next,
            end,
            period: None,
            rates: Vec::new(),
            states: vec![State::default(); plan.rules.len()],
            min_bad_events: i128::from(plan.min_bad_events) * i128::from(event_size),
        }
    }

    /// The period's begin up to `minute`; when another period begins, thresholds follow its length.
    fn so_far(&mut self, minute: i64) -> Stretch {
        let rolls = self.plan.period.rolls();
        let known = self.period.filter(|period| !rolls && minute < period.end);
        let period = known.unwrap_or_else(|| self.plan.period.around(minute));
        let changed = self
            .period
            .is_none_or(|old| old.minutes() != period.minutes());
        if changed {
            let rates = self
                .plan
                .rules
                .iter()
                .map(|rule| rule.rate(period.minutes()));
            self.rates = rates.collect();
        }
        self.period = Some(period);
        Stretch {
            begin: period.begin,
            end: minute + 1,
        }
    }
}

impl Iterator for Evaluation<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.next >= self.end {
            return None;
        }
        let minute = self.next;
        self.next += 1;
        let window = self.so_far(minute);
        let reading = self.meter.read(window);
        let burn = BURN_WINDOWS.map(|(_, minutes)| {
            let window = Stretch {
                begin: minute + 1 - minutes,
                end: minute + 1,
            };
            self.meter.read(window).map(|reading| reading.burn())
        });
        let rules = self
            .plan
            .rules
            .iter()
            .zip(&self.rates)
            .zip(&mut self.states);
        let alerts = rules.map(|((rule, rate), state)| {
            let (next, reason) = rule.step(*state, &self.meter, minute, rate, self.min_bad_events);
            *state = next;
            (next.firing, reason)
        });
        Some(Line {
            minute,
            alerts: alerts.collect(),
            sli: reading.as_ref().map(super::meter::Reading::sli),
            budget_remaining: reading.as_ref().map(super::meter::Reading::remaining),
            burn,
        })
    }
}
