//! The sentence that opens the page: what the month costs, what it will, and what makes it so.

use analyzers::money::Usd;
use analyzers::pace::{Projection, TooFew};

use super::by::By;
use super::group::Group;
use super::month::Month;
use crate::format;
use crate::web::Context;
use crate::web::frame::{Sentence, Tone};
use crate::web::link::with_query;

/// A change of at least this much is worth a mark.
const MUCH_MORE: f64 = 1.2;

/// What the sentence is made of.
pub(super) struct Said<'a> {
    pub(super) month: Month,
    pub(super) total: Usd,
    /// What free grants took off.
    pub(super) granted: Usd,
    /// Of all use before free grants: what functions are parts of.
    pub(super) used: Usd,
    /// Of the running month.
    pub(super) projection: Option<Result<Projection, TooFew>>,
    /// The whole month before; `None` where nothing is known of it.
    pub(super) before: Option<Usd>,
    /// The dearest function.
    pub(super) dearest: Option<&'a Group>,
    /// Invocations without a price.
    pub(super) unpriced: u64,
}

pub(super) fn sentence(ctx: &Context, said: &Said<'_>) -> Sentence {
    let now_ms = ctx.now_ms();
    let running = said.month.is_running(now_ms);
    let name = said.month.name(now_ms);
    let projected = match &said.projection {
        Some(Ok(projection)) => Some(projection),
        _ => None,
    };
    let whole = if running {
        projected.map(|p| p.expected)
    } else {
        Some(said.total)
    };
    let ratio = match (whole, said.before) {
        (Some(now), Some(before)) => now.share_of(before),
        _ => None,
    };
    let tone = if ratio.is_some_and(|r| r >= MUCH_MORE) {
        Tone::Warn
    } else {
        Tone::Quiet
    };
    let mut sentence = Sentence::new(tone)
        .say(if running {
            format!("{name} so far: ")
        } else {
            format!("{name}: ")
        })
        .link(format::money(said.total), "#bill");
    if said.granted.pico() > 0 {
        sentence = sentence.say(" after free grants");
    }
    match &said.projection {
        Some(Ok(p)) => {
            let (low, high) = (format::money(p.low), format::money(p.high));
            let between = match low == high {
                true => String::new(),
                false => format!(" ({low} to {high})"),
            };
            let expected = format::money(p.expected);
            let text = format!("about {expected} expected by its end{between}");
            sentence = sentence.say(", ").link(text, "#days");
        }
        Some(Err(TooFew { days })) => {
            let days = format::counted(*days as u64, "whole day", "whole days");
            sentence = sentence.say(format!(
                "; {days} of data are too few to say what it will be"
            ));
        }
        None => {}
    }
    if let Some(change) = ratio.and_then(|r| format::change(1.0, r)) {
        let before = said.month.before();
        let href = ctx.here(&[("month", &before.value()), ("page", ""), ("of", "")]);
        let than = match change.as_str() {
            "the same" => "as",
            times if times.ends_with("times") => "as much as",
            _ => "than",
        };
        sentence = sentence
            .say(format!(", {change} {than} "))
            .link(before.name(now_ms), href);
    }
    sentence = of_the_dearest(ctx, said, sentence.say("."));
    if said.unpriced > 0 {
        let calls = format::counted(said.unpriced, "invocation is", "invocations are");
        let text = format!("{calls} not fully priced.");
        sentence = sentence.say(" ").link(text, "#unpriced");
    }
    sentence
}

fn of_the_dearest(ctx: &Context, said: &Said<'_>, sentence: Sentence) -> Sentence {
    let Some(group) = said.dearest.filter(|g| g.cost.pico() > 0) else {
        return sentence;
    };
    let Some(share) = group.cost.share_of(said.used) else {
        return sentence;
    };
    let (name, _) = By::Function.name(&group.key);
    let path = super::function_costs_path(&group.key);
    let href = with_query(&path, [("month", ctx.params.get("month").unwrap_or(""))]);
    sentence.say(" ").name(&name, href).say(format!(
        " is {} of what was used.",
        format::ratio(share.min(1.0))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context};

    fn plain(sentence: &Sentence) -> String {
        let text: String = sentence.phrases.iter().map(|p| p.text.as_str()).collect();
        text.replace('\u{a0}', " ")
    }

    fn said(group: Option<&Group>) -> Said<'_> {
        Said {
            month: Month::running(NOW.as_millis()),
            total: Usd::from_cents(4_120),
            granted: Usd::from_cents(600),
            used: Usd::from_cents(4_720),
            projection: None,
            before: None,
            dearest: group,
            unpriced: 0,
        }
    }

    #[test]
    fn a_running_month_says_what_it_costs_will_cost_and_why() {
        let group = Group {
            key: "aws:1:eu:image-resize".into(),
            cost: Usd::from_cents(1_794),
            ..Group::default()
        };
        let projection = Projection {
            expected: Usd::from_cents(31_200),
            low: Usd::from_cents(29_000),
            high: Usd::from_cents(33_000),
            by_weekday: true,
        };
        let all = Said {
            projection: Some(Ok(projection)),
            before: Some(Usd::from_cents(27_857)),
            ..said(Some(&group))
        };
        let ctx = context("/costs", "");
        assert_eq!(
            plain(&sentence(&ctx, &all)),
            "November so far: $41.20 after free grants, about $312.00 expected by its end ($290.00 to \
             $330.00), 12 % more than October. image-resize is 38 % of what was used."
        );
    }

    #[test]
    fn little_data_and_missing_prices_are_said() {
        let few = Said {
            projection: Some(Err(TooFew { days: 2 })),
            unpriced: 12,
            granted: Usd::ZERO,
            ..said(None)
        };
        let text = plain(&sentence(&context("/costs", ""), &few));
        assert_eq!(
            text,
            "November so far: $41.20; 2 whole days of data are too few to say what it will be. 12 \
             invocations are not fully priced."
        );
    }
}
