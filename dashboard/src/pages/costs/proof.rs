//! The bill's lines, each with how it came about: quantity × unit price, book, entry, source, date.

use analyzers::cost::decimal::{Decimal, text};
use analyzers::cost::{LineItem, PayerBill};
use analyzers::money::Usd;
use serde::Serialize;

use super::ledger::{Ledger, usd};
use crate::format;

/// Lines that are shown; the rest is told as one sum.
const MAX_LINES: usize = 40;

/// A line of the bill.
#[derive(Serialize)]
pub(super) struct LineView {
    what: String,
    who: String,
    quantity: String,
    gross: String,
    granted: String,
    net: String,
    provenance: &'static str,
    facts: Vec<(&'static str, String)>,
    assumptions: Vec<String>,
    source: String,
    source_href: String,
}

/// All lines and their sum.
#[derive(Serialize)]
pub(super) struct BillView {
    whole: bool,
    lines: Vec<LineView>,
    left_out: String,
    gross: String,
    granted: String,
    total: String,
    note: String,
    query: String,
}

/// How sure the time of invocations is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) invocations: u64,
    pub(super) measured: u64,
    pub(super) derived: u64,
    pub(super) assumed: u64,
}

/// The whole bill, line by line, rounded to cents as the provider does it.
pub(super) fn of_bill(ledger: &Ledger, query: String) -> BillView {
    let bill = &ledger.bill;
    let lines = sorted(ledger, |_| true);
    let rounding = bill.rounding();
    let mut note = of_counted(&counted(ledger));
    if rounding.to_string() != "0" {
        note.push_str(&format!(
            "; rounding each line to cents makes {}",
            money(&rounding)
        ));
    }
    view(&lines, true, note, query)
}

/// What is charged for a part of the use alone, before free grants, which belong to nobody in particular.
/// `standing` says which standing charges are part of it.
pub(super) fn of_part(
    part: &Ledger,
    standing: impl Fn(&LineItem) -> bool,
    query: String,
) -> BillView {
    let lines = sorted(part, |line| !line.standing || standing(line));
    let note = format!("before free grants; {}", of_counted(&counted(part)));
    view(&lines, false, note, query)
}

fn view(lines: &[Line<'_>], whole: bool, note: String, query: String) -> BillView {
    let sum = |pick: &dyn Fn(&LineItem) -> Decimal| -> Decimal {
        lines.iter().map(|(_, line)| pick(line)).sum()
    };
    let net = |line: &LineItem| {
        if whole {
            line.cents.clone()
        } else {
            line.gross.clone()
        }
    };
    let more = lines.len().saturating_sub(MAX_LINES);
    let rest: Decimal = lines
        .iter()
        .skip(MAX_LINES)
        .map(|(_, line)| net(line))
        .sum();
    BillView {
        whole,
        left_out: match more {
            0 => String::new(),
            n => format!(
                "{} more, {} together; the JSON has all of them",
                format::counted(n as u64, "line", "lines"),
                money(&rest)
            ),
        },
        gross: money(&sum(&|line| line.gross.clone())),
        granted: if whole {
            taken(&sum(&|line| line.free_amount.clone()))
        } else {
            String::new()
        },
        total: money(&sum(&net)),
        lines: lines
            .iter()
            .take(MAX_LINES)
            .map(|line| of_line(line, whole))
            .collect(),
        note,
        query,
    }
}

type Line<'a> = (&'a PayerBill, &'a LineItem);

/// The dearest first.
fn sorted(ledger: &Ledger, keep: impl Fn(&LineItem) -> bool) -> Vec<Line<'_>> {
    let payers = ledger.bill.payers.iter();
    let mut lines: Vec<Line<'_>> = payers
        .flat_map(|payer| payer.lines.iter().map(move |line| (payer, line)))
        .filter(|(_, line)| keep(line))
        .collect();
    lines.sort_by(|(_, a), (_, b)| {
        b.gross
            .cmp(&a.gross)
            .then_with(|| a.price.entry.cmp(&b.price.entry))
    });
    lines
}

fn of_line((payer, line): &Line<'_>, whole: bool) -> LineView {
    let price = &line.price;
    let unit = unit_of(line, &line.quantity);
    let net = if whole { &line.cents } else { &line.gross };
    let source = &price.source;
    LineView {
        what: format::bounded(&what(line), 90),
        who: who(payer, line),
        quantity: format!("{} {unit}", short(&line.quantity)),
        gross: money(&line.gross),
        granted: if whole {
            taken(&line.free_amount)
        } else {
            String::new()
        },
        net: money(net),
        provenance: line.provenance.as_str(),
        facts: facts(payer, line, whole),
        assumptions: line
            .assumptions
            .iter()
            .take(8)
            .map(|a| format::bounded(a, 200))
            .collect(),
        source: format!(
            "{}, read {}",
            format::bounded(&source.title, 120),
            source.read
        ),
        source_href: if source.url.starts_with("https://") {
            source.url.clone()
        } else {
            String::new()
        },
    }
}

fn facts(payer: &PayerBill, line: &LineItem, whole: bool) -> Vec<(&'static str, String)> {
    let unit = unit_of(line, &line.quantity);
    let mut facts = vec![("Used", format!("{} {unit}", digits(&line.quantity)))];
    if whole && line.free_quantity.to_string() != "0" {
        facts.push(("Free", format!("{} {unit}", digits(&line.free_quantity))));
    }
    for part in &line.tiers {
        let product = format!(
            "{} {unit} at ${} per {} = ${}",
            digits(&part.quantity),
            text(&part.price),
            line.price.unit.as_str(),
            text(&part.amount)
        );
        facts.push((if whole { "Billed" } else { "Reckoned" }, product));
    }
    if whole {
        facts.push((
            "Exactly",
            format!("${}, rounded half up once", text(&line.amount)),
        ));
    }
    facts.push(("Month", payer.month.to_string()));
    facts.push(("Book", format::bounded(&payer.book, 60)));
    facts.push(("Entry", format::bounded(&line.price.entry, 120)));
    if !line.standing {
        let counts = &line.counts;
        let counted = Counted {
            invocations: counts.measured + counts.derived + counts.assumed + counts.unpriced,
            measured: counts.measured,
            derived: counts.derived,
            assumed: counts.assumed,
        };
        facts.push(("From", of_counted(&counted)));
    }
    facts
}

/// What a quantity is counted in: `GB-s`, and `month` for one month.
fn unit_of(line: &LineItem, quantity: &Decimal) -> &'static str {
    match line.price.dimension.counted_in() {
        "months" if text(quantity) == "1" => "month",
        unit => unit,
    }
}

/// What the line is for, in words.
fn what(line: &LineItem) -> String {
    let mut words = words(line.price.dimension.as_str()).to_owned();
    if let Some(arch) = &line.price.arch {
        words.push_str(&format!(", {arch}"));
    }
    if line.standing {
        words.push_str(", standing");
    }
    words
}

fn words(dimension: &str) -> &str {
    match dimension {
        "requests" => "Requests",
        "gb-s" => "Memory time",
        "ghz-s" => "Processor time",
        "vcpu-s" => "Processor time",
        "cpu-ms" => "Processor time",
        "ephemeral-gb-s" => "Ephemeral storage",
        "restore-gb" => "Restores from snapshots",
        "egress-gb" => "Egress",
        "months" => "Monthly fee",
        other => other,
    }
}

fn who(payer: &PayerBill, line: &LineItem) -> String {
    let parts = [
        format::bounded(&payer.provider, 24),
        format::bounded(&payer.payer, 40),
        format::bounded(&line.region, 32),
        line.price.platform().to_owned(),
        format::bounded(line.function_id.rsplit(':').next().unwrap_or_default(), 60),
    ];
    let told: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    told.join(" · ")
}

fn money(amount: &Decimal) -> String {
    format::money(usd(amount))
}

fn taken(amount: &Decimal) -> String {
    match usd(amount) {
        Usd::ZERO => format::UNKNOWN.to_owned(),
        some => format::money(-some),
    }
}

fn counted(ledger: &Ledger) -> Counted {
    let mut sum = Counted::default();
    for spent in &ledger.spent {
        sum.invocations += spent.usage.invocations;
        sum.measured += spent.usage.billed_measured;
        sum.derived += spent.usage.billed_derived;
        sum.assumed += spent.usage.billed_assumed;
    }
    sum
}

/// `12,000 invocations, their billed time 11,000 measured, 1,000 derived`.
pub(super) fn of_counted(counted: &Counted) -> String {
    let parts = [
        (counted.measured, "measured"),
        (counted.derived, "derived"),
        (counted.assumed, "assumed"),
    ];
    let told: Vec<String> = (parts.iter())
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", format::count(*n)))
        .collect();
    let all = format::counted(counted.invocations, "invocation", "invocations");
    if told.is_empty() {
        return all;
    }
    format!("{all}, their billed time {}", told.join(", "))
}

/// All digits, grouped by three before the point.
fn digits(value: &Decimal) -> String {
    let plain = text(value);
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let grouped = whole
        .parse::<u64>()
        .map_or_else(|_| whole.to_owned(), format::grouped);
    if part.is_empty() {
        grouped
    } else {
        format!("{grouped}.{part}")
    }
}

/// Three digits that count.
fn short(value: &Decimal) -> String {
    text(value)
        .parse::<f64>()
        .map_or_else(|_| text(value), format::number)
}

#[cfg(test)]
mod tests {
    use super::super::month::Month;
    use super::*;
    use crate::testing::{NOW, books, lambda_usage};

    fn ledger(free_tier: bool) -> Ledger {
        let month = Month::running(NOW.as_millis());
        Ledger::of(
            &books().with_free_tier(free_tier),
            vec![lambda_usage("checkout", 3_000_000, 1_000, 512)],
            month,
            NOW.as_secs(),
        )
    }

    #[test]
    fn the_lines_of_a_bill_add_up_and_show_their_arithmetic() {
        let view = of_bill(&ledger(true), String::new());
        // The first worked example of the list price: 1.5 M GB-s less 400,000, 3 M requests less 1 M.
        assert_eq!(view.total, "$18.73");
        let time = &view.lines[0];
        let billed = time
            .facts
            .iter()
            .find(|(key, _)| *key == "Billed")
            .expect("a product");
        assert!(
            billed.1.starts_with("1,100,000 GB-s at $0.0000166667"),
            "{billed:?}"
        );
        assert_eq!(time.provenance, "measured");
        assert!(
            !time.source_href.is_empty() && view.note.starts_with("3\u{a0}M\u{a0}invocations"),
            "{}",
            view.note
        );
    }

    #[test]
    fn a_part_is_shown_before_grants() {
        let view = of_part(&ledger(false), |_| false, String::new());
        assert_eq!(view.total, "$25.60");
        assert!(view.granted.is_empty(), "no grant belongs to a function");
    }
}
