//! Alerts on how fast a budget burns: pairs of a long and a short window (the SRE workbook's, with the part
//! of the budget kept for every period), and the conditions that an SLO's file brings along.
//!
//! An alert fires while the burn rates of both windows exceed its threshold; at the threshold it does not.
//! If a window has no events, the alert stays what it was: missing data neither fires nor resolves it.

use super::meter::{Between, Meter};
use super::openslo::{Alert, OpenSloError, Operator, Resolved};
use super::period::Stretch;
use super::{Fraction, Plan};
use serde::{Deserialize, Serialize};

/// The annotation of an AlertCondition that gives it a second window.
const SHORT_WINDOW: &str = "nephoscope.dev/short-window";

/// The workbook's pairs, with the day's that most tools add: severity, long and short window in minutes and
/// as text, and the percent of the budget that is gone when the pair fires.
const PAIRS: [(&str, i64, i64, &str, i128); 4] = [
    ("page", 60, 5, "1h/5m", 2),
    ("page", 6 * 60, 30, "6h/30m", 5),
    ("ticket", 24 * 60, 2 * 60, "1d/2h", 10),
    ("ticket", 3 * 24 * 60, 6 * 60, "3d/6h", 10),
];

/// What must hold for an alert.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `page:1h/5m`, or the condition's name.
    pub name: String,
    /// `page`, `ticket`, or as the condition says.
    pub severity: String,
    /// Minutes.
    pub long: i64,
    /// Minutes; must hold as well.
    pub short: Option<i64>,
    /// How burn rates are compared.
    pub op: Operator,
    /// With what.
    pub threshold: Threshold,
    /// For how many minutes it must hold before it counts.
    pub after: i64,
    /// Whether missing data is an alert.
    pub when_no_data: bool,
    /// Whether holding is an alert.
    pub when_breaching: bool,
}

/// What burn rates are compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Threshold {
    /// The rate that spends this part of the period's budget within the long window.
    Part(Fraction),
    /// A rate.
    Rate(Fraction),
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether it fires.
    pub firing: bool,
    /// For how many minutes with data its condition held without a break.
    held: i64,
}

/// Why an alert is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its windows exceed the threshold.
    Burning,
    /// They do, but not for long enough yet.
    NotLongEnough,
    /// They do, but of too few bad events.
    TooFewBadEvents,
    /// A window does not exceed the threshold.
    Calm,
    /// A window has no events; the alert stays what it was.
    Frozen,
    /// A window has no events, which is what it waits for.
    NoData,
}

impl Rule {
    /// The threshold in a period of so many minutes.
    #[must_use]
    pub fn rate(&self, period_minutes: i64) -> Fraction {
        match &self.threshold {
            Threshold::Rate(rate) => rate.clone(),
            Threshold::Part(part) => {
                part.times(&Fraction::new(period_minutes.into(), self.long.into()))
            }
        }
    }

    /// Seconds from a clean past until the long window exceeds the threshold, at a steady share of errors
    /// above 0 and even traffic: budget × rate × long / share.
    #[must_use]
    pub fn seconds_to_fire(&self, plan: &Plan, period_minutes: i64, share: &Fraction) -> Fraction {
        let long = Fraction::new(i128::from(self.long) * 60, 1);
        plan.budget()
            .times(&self.rate(period_minutes))
            .times(&long)
            .over(share)
    }

    /// Whether it could ever fire, if everything failed.
    #[must_use]
    pub fn can_fire(&self, rate: &Fraction, burn_max: &Fraction) -> bool {
        match self.op {
            Operator::Gt => rate < burn_max,
            Operator::Gte => rate <= burn_max,
            Operator::Lt => *rate > Fraction::ZERO,
            Operator::Lte => *rate >= Fraction::ZERO,
        }
    }

    /// The next state, with `minute` just closed, and why.
    #[must_use]
    pub fn step<S: Between>(
        &self,
        state: State,
        meter: &Meter<S>,
        minute: i64,
        rate: &Fraction,
        min_bad_events: i128,
    ) -> (State, Reason) {
        let window = |minutes: i64| Stretch {
            begin: minute + 1 - minutes,
            end: minute + 1,
        };
        let long = window(self.long);
        let burns = [Some(long), self.short.map(window)];
        let mut breaching = true;
        for window in burns.into_iter().flatten() {
            let Some(reading) = meter.read(window) else {
                return match self.when_no_data {
                    true => (
                        State {
                            firing: true,
                            ..state
                        },
                        Reason::NoData,
                    ),
                    false => (state, Reason::Frozen),
                };
            };
            breaching &= compare(&reading.burn(), self.op, rate);
        }
        let calm = |reason| (State::default(), reason);
        if !breaching || !self.when_breaching {
            return calm(Reason::Calm);
        }
        let rising = matches!(self.op, Operator::Gt | Operator::Gte);
        if rising && min_bad_events > 0 && meter.bad_events(long) < min_bad_events {
            return calm(Reason::TooFewBadEvents);
        }
        let held = state.held + 1;
        let firing = held > self.after;
        let reason = if firing {
            Reason::Burning
        } else {
            Reason::NotLongEnough
        };
        (State { firing, held }, reason)
    }
}

fn compare(burn: &Fraction, op: Operator, rate: &Fraction) -> bool {
    match op {
        Operator::Gt => burn > rate,
        Operator::Gte => burn >= rate,
        Operator::Lt => burn < rate,
        Operator::Lte => burn <= rate,
    }
}

/// The pairs that watch every SLO.
#[must_use]
pub fn pairs() -> Vec<Rule> {
    let rule = |(severity, long, short, windows, percent): (&str, i64, i64, &str, i128)| Rule {
        name: format!("{severity}:{windows}"),
        severity: severity.to_owned(),
        long,
        short: Some(short),
        op: Operator::Gt,
        threshold: Threshold::Part(Fraction::new(percent, 100)),
        after: 0,
        when_no_data: false,
        when_breaching: true,
    };
    PAIRS.into_iter().map(rule).collect()
}

/// The pairs and the conditions of the file.
pub(super) fn rules(plan: &Plan, resolved: &Resolved<'_>) -> Result<Vec<Rule>, OpenSloError> {
    let mut rules = pairs();
    for alert in &resolved.alerts {
        let number = alert.number.to_string();
        let fault = |reason: String| resolved.fault(&["spec", "alertPolicies", &number], reason);
        let rule = condition(alert).map_err(fault)?;
        if rules.iter().any(|known| known.name == rule.name) {
            return Err(fault(format!(
                "the SLO has an alert `{}` already",
                rule.name
            )));
        }
        let (rate, most) = (rule.rate(1), plan.burn_max());
        if !rule.can_fire(&rate, &most) {
            let reason = format!(
                "the alert `{}` can never fire: its threshold is {}, and when everything fails the burn rate is {}",
                rule.name,
                rate.to_f64(),
                most.to_f64()
            );
            return Err(fault(reason));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn condition(alert: &Alert<'_>) -> Result<Rule, String> {
    let condition = &alert.condition.condition;
    let minutes =
        |duration: super::openslo::Duration| i64::try_from(duration.minutes()).unwrap_or(i64::MAX);
    let mut short = None;
    for (key, text) in &alert.about.annotations {
        if key == SHORT_WINDOW {
            let window: super::openslo::Duration = text.trim().parse()?;
            if window.minutes() == 0 || window.minutes() > condition.lookback_window.minutes() {
                return Err(format!(
                    "`{SHORT_WINDOW}` is a minute to `lookbackWindow`, not {window}"
                ));
            }
            short = Some(minutes(window));
        } else if key.starts_with("nephoscope.dev/") {
            return Err(format!("`{key}` is not known; {SHORT_WINDOW} is"));
        }
    }
    Ok(Rule {
        name: alert.about.name.clone(),
        severity: alert.condition.severity.clone(),
        long: minutes(condition.lookback_window),
        short,
        op: condition.op,
        threshold: Threshold::Rate(Fraction::of(&condition.threshold.0)),
        after: condition.alert_after.map_or(0, minutes),
        when_no_data: alert.policy.alert_when_no_data == Some(true),
        when_breaching: alert.policy.alert_when_breaching != Some(false),
    })
}
