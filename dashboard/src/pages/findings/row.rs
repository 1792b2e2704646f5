//! A finding as a row, wherever it is listed; and the cards of other pages.

use std::cmp::{Ordering, Reverse};

use analyzers::findings::kinds::Group;
use serde::Serialize;
use store::model::{Finding, State};

use super::words;
use crate::format;
use crate::web::Context;
use crate::web::frame::{Sentence, Tone};
use crate::web::link::function_path;

/// Rows of a card on another page.
const CARD_ROWS: usize = 5;
/// Longest title in a sentence, characters.
const TITLE_MAX: usize = 110;

/// One row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowView {
    href: String,
    tone: Tone,
    severity: &'static str,
    title: String,
    sentence: String,
    kind: String,
    subject: String,
    subject_href: String,
    change: String,
    change_title: String,
    cost: String,
    cost_title: String,
    since: String,
    since_title: String,
    state: &'static str,
    because: String,
    confidence: String,
}

/// What stands on pages about something else.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CardView {
    rows: Vec<RowView>,
    note: String,
    all_href: String,
}

/// What stands beside a function's name where findings of it are open.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Badge {
    tone: Tone,
    text: String,
    title: String,
    href: String,
}

impl Badge {
    /// `None` where nothing of it is open.
    pub(crate) fn of(ctx: &Context, function_id: &str) -> Option<Self> {
        let own = || ctx.open.iter().filter(|f| f.function_id == function_id);
        let worst = own().min_by(|a, b| order(a, b))?;
        Some(Self {
            tone: words::tone(worst),
            text: format::counted(own().count() as u64, "finding", "findings"),
            title: format::bounded(&worst.title, 160),
            href: ctx.link("/findings", &[("function", function_id)]),
        })
    }
}

/// The page of a finding.
pub(crate) fn finding_path(id: &str) -> String {
    format!("/findings/{}", crate::web::link::segment(id))
}

/// What needs somebody most stands first: what is open, then severity, money, waiting, and the newest.
pub(crate) fn order(a: &Finding, b: &Finding) -> Ordering {
    let key = |f: &Finding| {
        (
            f.state != State::Open,
            Reverse(f.severity),
            Reverse(f.micro_usd_per_month.unwrap_or(0)),
        )
    };
    let waits = |f: &Finding| f.ms_per_month.unwrap_or(0.0);
    key(a)
        .cmp(&key(b))
        .then_with(|| waits(b).total_cmp(&waits(a)))
        .then_with(|| b.detected_at.cmp(&a.detected_at))
        .then_with(|| a.id.cmp(&b.id))
}

pub(crate) fn row(ctx: &Context, finding: &Finding) -> RowView {
    let clock = &ctx.range.clock;
    let (began_ms, now_ms) = (finding.began_at.as_millis(), ctx.now_ms());
    let ended = match (finding.state, finding.closed_at) {
        (State::Open, _) | (_, None) => String::new(),
        (_, Some(at)) => format!(", ended {}", clock.exact(at.as_millis())),
    };
    let whole_cost = words::whole_cost(finding);
    RowView {
        href: ctx.link(&finding_path(&finding.id), &[]),
        tone: words::tone(finding),
        severity: finding.severity.as_str(),
        title: format::bounded(&finding.title, 160),
        sentence: format::bounded(&finding.sentence, 400),
        kind: words::kind(&finding.kind),
        subject: words::subject(finding),
        subject_href: match finding.function_id.is_empty() {
            true => String::new(),
            false => ctx.link(&function_path(&finding.function_id), &[]),
        },
        change: words::change(finding),
        change_title: words::whole_change(finding),
        cost: match words::cost(finding) {
            none if none.is_empty() => format::UNKNOWN.to_owned(),
            cost => cost,
        },
        cost_title: match whole_cost.is_empty() {
            true => "no money and no waiting are known of it".to_owned(),
            false => whole_cost,
        },
        since: format::ago(now_ms, began_ms),
        since_title: format!(
            "began {}, certain {}{ended}",
            clock.exact(began_ms),
            clock.exact(finding.detected_at.as_millis())
        ),
        state: finding.state.as_str(),
        because: because(finding),
        confidence: format::ratio(finding.confidence.clamp(0.0, 1.0)),
    }
}

/// Why it is over or was not told; empty for what is open.
fn because(finding: &Finding) -> String {
    let why = format::bounded(&finding.closed_because, 240);
    match finding.state {
        State::Held if !why.is_empty() => format!("Held back: {why}"),
        _ => why,
    }
}

/// The worst open findings that `takes` picks, and the way to all of them.
pub(crate) fn card(
    ctx: &Context,
    takes: impl Fn(&Finding) -> bool,
    query: &[(&str, &str)],
) -> CardView {
    let mut open: Vec<&Finding> = ctx.open.iter().filter(|f| takes(f)).collect();
    open.sort_by(|a, b| order(a, b));
    CardView {
        note: match open.len() {
            0..=CARD_ROWS => String::new(),
            n => format!("the worst {CARD_ROWS} of {n}"),
        },
        rows: (open.iter().take(CARD_ROWS))
            .map(|finding| row(ctx, finding))
            .collect(),
        all_href: ctx.link("/findings", query),
    }
}

/// Those that cost money or will, for the costs page.
pub(crate) fn card_of_money(ctx: &Context) -> CardView {
    let about_money = |finding: &Finding| {
        let dear = finding.micro_usd_per_month.is_some_and(|micro| micro > 0);
        dear || words::group(finding) == Some(Group::Cost)
    };
    card(ctx, about_money, &[("kind", "costs")])
}

/// `title ($41 a month)` as part of a sentence, leading to its page.
pub(crate) fn named(ctx: &Context, sentence: Sentence, finding: &Finding) -> Sentence {
    let title = finding.title.trim_end_matches('.');
    let title = format::bounded(title, TITLE_MAX);
    let sentence = sentence.link(title, ctx.link(&finding_path(&finding.id), &[]));
    match words::usd(finding).filter(|usd| usd.pico() > 0) {
        Some(usd) => sentence.say(format!(" ({} a month)", format::about(usd))),
        None => sentence,
    }
}

/// The sentence about a function, as grave as what is open of it.
pub(crate) fn weighed(ctx: &Context, mut sentence: Sentence, function_id: &str) -> Sentence {
    let own = ctx.open.iter().filter(|f| f.function_id == function_id);
    let worst = own.map(words::tone).max().unwrap_or_default();
    sentence.tone = sentence.tone.max(worst);
    sentence
}

/// Adds what is open to the sentence of the overview.
pub(crate) fn add_to(ctx: &Context, mut sentence: Sentence) -> Sentence {
    let Some(worst) = ctx.open.iter().min_by(|a, b| order(a, b)) else {
        return sentence;
    };
    sentence.tone = sentence.tone.max(words::tone(worst));
    let open = ctx.open.len() as u64;
    let list = ctx.link("/findings", &[]);
    let counted = format::counted(open, "finding", "findings");
    let verb = match open {
        1 => " is open: ",
        _ => " are open, the worst: ",
    };
    let sentence = sentence.say(" ").link(counted, list).say(verb);
    named(ctx, sentence, worst).say(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, finding};
    use std::sync::Arc;
    use store::model::Severity;

    #[test]
    fn severity_comes_before_money_and_money_before_waiting() {
        let make = |id: &str, severity, usd: Option<i64>, ms: Option<f64>| Finding {
            id: id.into(),
            severity,
            micro_usd_per_month: usd,
            ms_per_month: ms,
            ..finding("cold_start_regression")
        };
        let mut all = [
            make("waits", Severity::Low, None, Some(5.0)),
            make("dear", Severity::Low, Some(9_000_000), None),
            Finding {
                state: State::Closed,
                ..make("over", Severity::Critical, None, None)
            },
            make("grave", Severity::High, None, None),
            make("waits longer", Severity::Low, None, Some(9.0)),
        ];
        all.sort_by(order);
        let ids: Vec<&str> = all.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids, ["grave", "dear", "waits longer", "waits", "over"]);
    }

    #[test]
    fn a_function_bears_a_badge_as_grave_as_its_worst_finding() {
        let mut ctx = context("/functions", "");
        let one = finding("cold_start_regression");
        let id = one.function_id.clone();
        let grave = Finding {
            severity: Severity::High,
            title: "grave".into(),
            ..one.clone()
        };
        ctx.open = Arc::new(vec![one, grave]);
        let badge = Badge::of(&ctx, &id).expect("a badge");
        assert_eq!((badge.tone, badge.title.as_str()), (Tone::Bad, "grave"));
        assert_eq!(badge.text.replace('\u{a0}', " "), "2 findings");
        assert!(Badge::of(&ctx, "aws:1:eu:other").is_none());
    }

    #[test]
    fn a_card_shows_the_worst_and_says_how_many_there_are() {
        let mut ctx = context("/", "");
        let open = (0..7).map(|i| Finding {
            id: format!("{i:016x}"),
            micro_usd_per_month: Some(i),
            ..finding("cold_start_regression")
        });
        ctx.open = Arc::new(open.collect());
        let card = card(&ctx, |_| true, &[]);
        assert_eq!(card.rows.len(), CARD_ROWS);
        assert_eq!(card.note, "the worst 5 of 7");
        assert!(card.rows[0].href.ends_with("0006"));
    }
}
