//! Minute after minute through a history, as it was known at each minute's end.

use super::alerts::{Reason, State};
use super::meter::Between;
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
            self.rates = rates(self.plan, period.minutes());
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
        Some(line(
            self.plan,
            &self.meter,
            window,
            &self.rates,
            &mut self.states,
            self.min_bad_events,
        ))
    }
}

/// The thresholds of a plan's rules in a period of so many minutes, in order.
#[must_use]
pub fn rates(plan: &Plan, period_minutes: i64) -> Vec<Fraction> {
    plan.rules
        .iter()
        .map(|rule| rule.rate(period_minutes))
        .collect()
}

/// What is known at the end of the period so far, and the next states of the plan's rules.
#[must_use]
pub fn line<S: Between>(
    plan: &Plan,
    meter: &Meter<S>,
    so_far: Stretch,
    rates: &[Fraction],
    states: &mut [State],
    min_bad_events: i128,
) -> Line {
    let minute = so_far.end - 1;
    let reading = meter.read(so_far);
    let burn = BURN_WINDOWS.map(|(_, minutes)| {
        let window = Stretch {
            begin: minute + 1 - minutes,
            end: minute + 1,
        };
        meter.read(window).map(|reading| reading.burn())
    });
    let rules = plan.rules.iter().zip(rates).zip(states);
    let alerts = rules.map(|((rule, rate), state)| {
        let (next, reason) = rule.step(*state, meter, minute, rate, min_bad_events);
        *state = next;
        (next.firing, reason)
    });
    Line {
        minute,
        alerts: alerts.collect(),
        sli: reading.as_ref().map(super::meter::Reading::sli),
        budget_remaining: reading.as_ref().map(super::meter::Reading::remaining),
        burn,
    }
}
