//! Budgets: what is spent this month, and what the month will come to.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::model::{Evidence, Scope, Severity};

use super::ahead::{Ahead, Sort, since};
use super::config::BudgetConfig;
use crate::cost::Month;
use crate::detectors::costs::history::{HOUR_S, History};
use crate::detectors::costs::words::{dollars, moment, nano, percent};
use crate::detectors::keyed::Keyed;
use crate::detectors::signal::{Key, Subject};
use crate::detectors::{FunctionNo, News, Signal};

/// Which budgets hold a function is looked up again so often, hours: tags and accounts become known late.
const MEMBERS_HOURS: u32 = 6;

/// All budgets.
#[derive(Debug, Default)]
pub struct Budgets {
    budgets: Vec<Budget>,
    /// Which budgets hold a function, by their places.
    members: Keyed<Vec<u16>>,
}

#[derive(Clone, Debug)]
struct Budget {
    config: BudgetConfig,
    state: State,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    history: History,
    ahead: Option<Ahead>,
    /// When each threshold was crossed this month, s since the epoch.
    crossed_s: Vec<u32>,
    /// When the forecast began to say that it will be exceeded, s since the epoch.
    foreseen_s: Option<u32>,
    month_s: u32,
}

/// What is saved, by the budgets' names.
pub type Saved = Vec<(String, SavedState)>;
/// See [`Saved`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedState(State);

impl Budgets {
    /// Nothing spent yet.
    #[must_use]
    pub fn new(configs: &[BudgetConfig]) -> Self {
        let budget = |config: &BudgetConfig| Budget {
            config: config.clone(),
            state: State::default(),
        };
        Self {
            budgets: configs.iter().map(budget).collect(),
            members: Keyed::default(),
        }
    }

    /// Takes a closed hour.
    pub fn hour(&mut self, news: &News<'_>, hour_s: u32) {
        if (hour_s / HOUR_S).is_multiple_of(MEMBERS_HOURS) {
            self.members.clear();
        }
        let mut spent = vec![0.0; self.budgets.len()];
        for row in news.hours.iter().filter(|row| row.usd.is_finite()) {
            let held = self.members.or_insert_with(row.function, || {
                let function = news.names.of(row.function);
                let holding = (0_u16..).zip(&self.budgets);
                holding
                    .filter(|(_, b)| b.config.scope.holds(function))
                    .map(|(place, _)| place)
                    .collect()
            });
            held.iter()
                .for_each(|place| spent[usize::from(*place)] += row.usd.max(0.0));
        }
        for (place, (budget, usd)) in (0..).zip(self.budgets.iter_mut().zip(spent)) {
            budget.hour(hour_s, usd, place);
        }
    }

    /// What is said now.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.budgets.iter().flat_map(Budget::signals).collect()
    }

    /// Whether these are all the functions that anything is known of.
    #[must_use]
    pub fn is_known_within(&self, functions: &HashSet<FunctionNo>) -> bool {
        self.members
            .iter()
            .all(|(function, _)| functions.contains(&function))
    }

    /// Forgets what was spent.
    pub fn forget(&mut self) {
        self.members.clear();
        self.budgets
            .iter_mut()
            .for_each(|budget| budget.state = State::default());
    }

    /// What is remembered.
    #[must_use]
    pub fn save(&self) -> Saved {
        let state = |b: &Budget| (b.config.name.clone(), SavedState(b.state.clone()));
        self.budgets.iter().map(state).collect()
    }

    /// Remembers; a budget whose scope changed begins with what it was before, and is right a month later.
    pub fn load(&mut self, saved: Saved) {
        for (name, state) in saved {
            if let Some(budget) = self.budgets.iter_mut().find(|b| b.config.name == name) {
                budget.state = state.0;
            }
        }
    }
}

/// The month that holds an hour: its first second and the first after it, s since the epoch.
fn month(hour_s: u32) -> (u32, u32) {
    let (from_s, to_s) = Month::of(hour_s.into(), &TimeZone::UTC).range_s(&TimeZone::UTC);
    let narrow = |at_s: i64| u32::try_from(at_s.max(0)).unwrap_or(u32::MAX);
    (narrow(from_s), narrow(to_s))
}

impl Budget {
    fn hour(&mut self, hour_s: u32, usd: f64, place: u32) {
        let state = &mut self.state;
        if hour_s <= state.history.last_s() {
            return;
        }
        state.history.push(hour_s, usd);
        let (month_s, end_s) = month(hour_s);
        if state.month_s != month_s {
            (state.month_s, state.ahead, state.foreseen_s) = (month_s, None, None);
            state.crossed_s.clear();
        }
        let spent: f64 = since(&state.history, month_s).sum();
        let share = 100.0 * spent / self.config.amount_usd;
        let crossed = self
            .config
            .thresholds_percent
            .iter()
            .filter(|t| share >= **t)
            .count();
        state.crossed_s.resize(crossed, hour_s + HOUR_S);
        // Each budget at another hour of the day.
        let is_due = match &state.ahead {
            Some(ahead) => ahead.is_due(hour_s) && (hour_s / HOUR_S) % 24 == place % 24,
            None => true,
        };
        if is_due {
            let hours = (end_s.saturating_sub(hour_s + HOUR_S) / HOUR_S) as usize;
            let before = state.ahead.take();
            let sort = Sort::Sum(month_s);
            state.ahead = Ahead::look(
                &state.history,
                sort,
                hours,
                self.config.amount_usd,
                before.as_ref(),
            );
            let is_told = state.ahead.as_ref().is_some_and(|ahead| ahead.is_told);
            state.foreseen_s = is_told.then(|| state.foreseen_s.unwrap_or(hour_s + HOUR_S));
        }
    }

    fn spent(&self) -> f64 {
        since(&self.state.history, self.state.month_s).sum()
    }

    fn signals(&self) -> Vec<Signal> {
        self.exceeded().into_iter().chain(self.foreseen()).collect()
    }

    fn exceeded(&self) -> Option<Signal> {
        let crossed = self.state.crossed_s.len();
        let threshold = self
            .config
            .thresholds_percent
            .get(crossed.checked_sub(1)?)?;
        let began_s = *self.state.crossed_s.last()?;
        let (name, amount, spent) = (
            &self.config.name,
            dollars(self.config.amount_usd),
            self.spent(),
        );
        let is_over = spent >= self.config.amount_usd;
        let ahead = self.state.ahead.as_ref();
        let end = ahead.map_or_else(String::new, |ahead| {
            format!(" The month is expected to come to {}.", interval(ahead))
        });
        Some(Signal {
            severity: if is_over {
                Severity::High
            } else {
                Severity::Low
            },
            title: match is_over {
                true => format!("Budget {name} is exceeded"),
                false => format!("{threshold} % of budget {name} is spent"),
            },
            sentence: format!(
                "{} of the {amount} a month of budget {name} are spent ({}), since {}.{end}",
                dollars(spent),
                percent(spent / self.config.amount_usd),
                moment(began_s)
            ),
            confidence: 1.0,
            ..self.signal("budget_exceeded", began_s)
        })
    }

    fn foreseen(&self) -> Option<Signal> {
        let (ahead, began_s) = (self.state.ahead.as_ref()?, self.state.foreseen_s?);
        let (name, amount, spent) = (
            &self.config.name,
            dollars(self.config.amount_usd),
            self.spent(),
        );
        if spent >= self.config.amount_usd {
            return None; // it is a fact by now
        }
        Some(Signal {
            severity: if ahead.chance >= 0.9 {
                Severity::Medium
            } else {
                Severity::Low
            },
            title: format!("Budget {name} {}", ahead.words),
            sentence: format!(
                "Budget {name} of {amount} a month {}: {} are spent, and the month is expected to come to {}.",
                ahead.words,
                dollars(spent),
                interval(ahead)
            ),
            confidence: ahead.chance,
            ..self.signal("budget_forecast", began_s)
        })
    }

    fn signal(&self, kind: &'static str, began_s: u32) -> Signal {
        let ahead = self.state.ahead.as_ref();
        let sort = Sort::Sum(self.state.month_s);
        let amount = self.config.amount_usd;
        let over = ahead.map(|ahead| ahead.end.0 - amount);
        let mut evidence = Evidence {
            band: ahead.map_or_else(Vec::new, |ahead| ahead.band(&self.state.history, sort)),
            band_unit: "usd".to_owned(),
            limit: Some(amount),
            reasons: vec![
                "At list price, before free grants and without standing charges.".to_owned(),
            ],
            advice: vec![
                "Look at the costs page for what grew, or raise the budget if that was meant."
                    .to_owned(),
            ],
            ..Evidence::default()
        };
        evidence.bound();
        Signal {
            key: Key {
                kind,
                subject: Subject::Wide(Scope::Budget, self.config.name.clone()),
                detail: String::new(),
            },
            version: String::new(),
            began_at: nano(began_s),
            detected_at: nano(began_s),
            severity: Severity::Low,
            confidence: 1.0,
            p_value: None,
            title: String::new(),
            sentence: String::new(),
            relative: ahead.map(|ahead| ahead.end.0 / amount - 1.0),
            interval: ahead.map(|ahead| (ahead.end.1 / amount - 1.0, ahead.end.2 / amount - 1.0)),
            before: Some(amount),
            after: Some(ahead.map_or_else(|| self.spent(), |ahead| ahead.end.0)),
            unit: "usd",
            ms_per_month: None,
            usd_per_month: over.filter(|usd| *usd > 0.0),
            evidence: Arc::new(evidence),
        }
    }
}

/// "$1,480 (90 %: $1,400 to $1,560)".
fn interval(ahead: &Ahead) -> String {
    let (mean, low, high) = ahead.end;
    format!(
        "{} (90 %: {} to {})",
        dollars(mean),
        dollars(low),
        dollars(high)
    )
}
