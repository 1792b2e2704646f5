//! A piece of advice as a page shows it.

use analyzers::advice::{Advice, Range};
use analyzers::money::Usd;
use serde::Serialize;
use serde_json::{Value, json};
use store::model::FunctionId;

use crate::format;
use crate::pages::costs::function_costs_path;
use crate::web::Context;
use crate::web::link::segment;

#[derive(Clone, Serialize)]
pub(crate) struct AdviceView {
    id: String,
    topic: &'static str,
    name: String,
    href: String,
    what: String,
    saving: String,
    per: &'static str,
    confidence: &'static str,
    steps: Vec<(String, &'static str)>,
    duration: String,
    wrong_if: Vec<String>,
    basis: &'static str,
}

/// The view; with the function's name where the page is not that function's own.
pub(crate) fn view(ctx: &Context, advice: &Advice, named: bool) -> AdviceView {
    let id = advice.function_id.parse::<FunctionId>().unwrap_or_default();
    let (saving, per) = saving(advice.saving);
    AdviceView {
        id: format!("{}-{}", advice.topic.as_str(), segment(&id.name)),
        topic: advice.topic.name(),
        name: if named {
            format::bounded(&id.name, 60)
        } else {
            String::new()
        },
        href: if named {
            ctx.link(&function_costs_path(&advice.function_id), &[])
        } else {
            String::new()
        },
        what: advice.what.clone(),
        saving,
        per,
        confidence: advice.confidence.as_str(),
        steps: (advice.steps.iter())
            .map(|step| (step.text.clone(), step.provenance.as_str()))
            .collect(),
        duration: advice.duration_ms.map_or(String::new(), duration),
        wrong_if: advice.wrong_if.clone(),
        basis: advice.basis,
    }
}

/// `$3.10 – $12.30`, and what it is.
fn saving(range: Range<Usd>) -> (String, &'static str) {
    let (low, high) = (range.low, range.high);
    if high.pico() == 0 && low.pico() == 0 {
        return ("no dollars".to_owned(), "nothing to save");
    }
    if high.pico() <= 0 {
        return (interval(-high, -low), "more a month");
    }
    if low.pico() < 0 {
        return (
            format!("up to {}", format::money(high)),
            "a month, or it costs",
        );
    }
    (interval(low, high), "less a month")
}

fn interval(low: Usd, high: Usd) -> String {
    let (low, high) = (format::money(low), format::money(high));
    match low.as_str() {
        "$0" if high != low => format!("up to {high}"),
        _ if low == high => high,
        _ => format!("{low} – {high}"),
    }
}

/// `up to 120 ms longer`, `300 ms faster`.
fn duration(range: Range<f64>) -> String {
    let side = |ms: f64| if ms < 0.0 { "faster" } else { "longer" };
    let same = |ms: f64| ms.abs() < 0.05;
    match (range.low, range.high) {
        (low, high) if same(low) && same(high) => "as long as now".to_owned(),
        (low, high) if same(high - low) => {
            format!("{} {}", format::duration_ms(low.abs()), side(low))
        }
        (low, high) if same(low) => format!("up to {} longer", format::duration_ms(high)),
        (low, high) if same(high) => format!("up to {} faster", format::duration_ms(-low)),
        (low, high) => format!(
            "between {} {} and {} {}",
            format::duration_ms(low.abs()),
            side(low),
            format::duration_ms(high.abs()),
            side(high)
        ),
    }
}

/// As programs read it.
pub(super) fn json_row(advice: &Advice) -> Value {
    json!({
        "steps": advice.steps.iter().map(|s| json!({
            "text": s.text, "provenance": s.provenance.as_str(),
        })).collect::<Vec<_>>(),
        "wrong_if": advice.wrong_if,
        "topic": advice.topic.as_str(),
        "function_id": advice.function_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(low: i64, high: i64) -> (String, &'static str) {
        saving(Range {
            low: Usd::from_cents(low),
            high: Usd::from_cents(high),
        })
    }

    #[test]
    fn savings_and_costs_are_told_apart() {
        assert_eq!(
            said(310, 1_230),
            ("$3.10 – $12.30".to_owned(), "less a month")
        );
        assert_eq!(said(0, 1_230), ("up to $12.30".to_owned(), "less a month"));
        assert_eq!(said(1_230, 1_230), ("$12.30".to_owned(), "less a month"));
        assert_eq!(
            said(-417, -100),
            ("$1.00 – $4.17".to_owned(), "more a month")
        );
        assert_eq!(
            said(-417, 100),
            ("up to $1.00".to_owned(), "a month, or it costs")
        );
        assert_eq!(said(0, 0), ("no dollars".to_owned(), "nothing to save"));
    }

    #[test]
    fn durations_say_which_way_they_go() {
        let told = |low, high| duration(Range { low, high }).replace('\u{a0}', " ");
        assert_eq!(told(0.0, 120.0), "up to 120 ms longer");
        assert_eq!(told(-700.0, -700.0), "700 ms faster");
        assert_eq!(told(-300.0, 0.0), "up to 300 ms faster");
        assert_eq!(told(0.0, 0.0), "as long as now");
        assert_eq!(told(-5.0, 120.0), "between 5 ms faster and 120 ms longer");
    }
}
