//! What findings are said in: severity, chance, change and cost as people speak of them.

use analyzers::findings::kinds::{self, Group};
use analyzers::money::Usd;
use store::model::{Finding, Severity, State};

use crate::format;
use crate::web::frame::Tone;

/// How a finding is to be taken. What is over needs nobody.
pub(crate) fn tone(finding: &Finding) -> Tone {
    match (finding.state, finding.severity) {
        (State::Closed | State::Held | State::Retracted, _) => Tone::Quiet,
        (State::Open, Severity::High | Severity::Critical) => Tone::Bad,
        (State::Open, Severity::Medium) => Tone::Warn,
        (State::Open, Severity::Low | Severity::Info) => Tone::Quiet,
    }
}

/// What a severity asks of people.
pub(super) fn asks(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "worth knowing, nothing to do",
        Severity::Low => "look at it this week",
        Severity::Medium => "look at it today",
        Severity::High => "users or the bill suffer now",
        Severity::Critical => "somebody should look now",
    }
}

/// The heading a finding stands under; a kind that a newer version wrote has none of ours.
pub(crate) fn group(finding: &Finding) -> Option<Group> {
    kinds::find(&finding.kind).map(|kind| kind.group)
}

/// The kind in words.
pub(super) fn kind(name: &str) -> String {
    kinds::find(name).map_or_else(
        || format::bounded(&name.replace('_', " "), 60),
        |kind| kind.words.to_owned(),
    )
}

/// How often chance alone looks like this, in words.
pub(super) fn chance(p_value: Option<f64>) -> String {
    let Some(p) = p_value.filter(|p| p.is_finite()) else {
        return "a plain fact, not a matter of chance".to_owned();
    };
    match p {
        _ if p <= 1e-6 => "chance alone does this less than once in a million".to_owned(),
        _ if p >= 0.5 => "chance alone does this as often as not".to_owned(),
        _ => {
            let (size, n) = ((1.0 / p).log10().floor(), 1.0 / p);
            // Two digits of a frequency are as many as a measurement of it can hold.
            let unit = 10_f64.powf((size - 1.0).max(0.0));
            let rounded = (n / unit).round() * unit;
            format!("chance alone does this once in {}", format::number(rounded))
        }
    }
}

/// The relative change: `+44 %`, or a dash.
pub(super) fn change(finding: &Finding) -> String {
    finding
        .relative
        .map_or_else(|| format::UNKNOWN.to_owned(), format::relative)
}

/// The change with its interval and the values: `+44 % (38 % to 51 %), 180 ms → 260 ms`.
pub(super) fn whole_change(finding: &Finding) -> String {
    let mut parts = Vec::new();
    if let Some(relative) = finding.relative {
        let mut text = format::relative(relative);
        if let Some((low, high)) = finding.interval {
            let (low, high) = (format::relative(low), format::relative(high));
            text.push_str(&format!(" (95 %: {low} to {high})"));
        }
        parts.push(text);
    }
    let quantity = |value| format::quantity(value, &finding.unit);
    match (finding.before, finding.after) {
        (Some(before), Some(after)) => {
            parts.push(format!("{} → {}", quantity(before), quantity(after)));
        }
        (None, Some(after)) => parts.push(format!("now {}", quantity(after))),
        (Some(before), None) => parts.push(format!("before {}", quantity(before))),
        (None, None) => {}
    }
    parts.join(", ")
}

/// Money a month, exactly; `None` where no money is known.
pub(super) fn usd(finding: &Finding) -> Option<Usd> {
    finding
        .micro_usd_per_month
        .map(|micro| Usd::from_pico(i128::from(micro) * 1_000_000))
}

/// What it costs a month: money, else the time that people wait; empty for neither.
pub(super) fn cost(finding: &Finding) -> String {
    let waits = finding.ms_per_month.filter(|ms| *ms != 0.0);
    match (usd(finding).filter(|usd| *usd != Usd::ZERO), waits) {
        (Some(usd), _) => format::about(usd),
        (None, Some(ms)) => format!("{} waiting", format::duration_ms(ms)),
        (None, None) => String::new(),
    }
}

/// The same with all that is known: `$41 and 3 h of waiting a month`.
pub(super) fn whole_cost(finding: &Finding) -> String {
    let waits = finding
        .ms_per_month
        .filter(|ms| *ms != 0.0)
        .map(|ms| format!("{} of waiting", format::duration_ms(ms)));
    let money = usd(finding).map(format::about);
    let known: Vec<String> = money.into_iter().chain(waits).collect();
    match known.is_empty() {
        true => String::new(),
        false => format!("{} a month", known.join(" and ")),
    }
}

/// What a finding is about, short: the function's own name, or the subject as it is spelled.
pub(crate) fn subject(finding: &Finding) -> String {
    let id = finding.function_id.parse::<store::model::FunctionId>();
    match id {
        Ok(id) if !id.name.is_empty() => format::bounded(&id.name, 60),
        _ if finding.subject.is_empty() => match finding.scope {
            store::model::Scope::Fleet => "all functions".to_owned(),
            scope => scope.as_str().to_owned(),
        },
        _ => format::bounded(&finding.subject, 80),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::finding;

    #[test]
    fn chance_is_told_as_how_often() {
        let told = |p| chance(Some(p)).replace('\u{a0}', " ");
        assert_eq!(told(0.01), "chance alone does this once in 100");
        assert_eq!(told(0.000_3), "chance alone does this once in 3,300");
        assert_eq!(
            told(1e-9),
            "chance alone does this less than once in a million"
        );
        assert_eq!(told(0.9), "chance alone does this as often as not");
        assert!(chance(None).contains("plain fact"));
        assert!(chance(Some(f64::NAN)).contains("plain fact"));
    }

    #[test]
    fn a_change_carries_its_interval_and_what_it_was() {
        let told = whole_change(&finding("cold_start_regression")).replace('\u{a0}', " ");
        assert_eq!(told, "+44 % (95 %: +38 % to +51 %), 180 ms → 260 ms");
    }

    #[test]
    fn cost_is_money_where_it_is_known_and_waiting_else() {
        let mut one = finding("cold_start_regression");
        assert_eq!(cost(&one), "$41");
        assert_eq!(
            whole_cost(&one).replace('\u{a0}', " "),
            "$41 and 3 h of waiting a month"
        );
        one.micro_usd_per_month = None;
        assert_eq!(cost(&one).replace('\u{a0}', " "), "3 h waiting");
        one.ms_per_month = None;
        assert_eq!((cost(&one), whole_cost(&one)), Default::default());
    }

    #[test]
    fn what_is_over_needs_nobody() {
        let mut one = finding("cold_start_regression");
        one.severity = Severity::Critical;
        assert_eq!(tone(&one), Tone::Bad);
        one.state = State::Closed;
        assert_eq!(tone(&one), Tone::Quiet);
    }

    #[test]
    fn an_unknown_kind_is_still_words() {
        assert_eq!(kind("queue_lag_of_mars"), "queue lag of mars");
    }
}
