//! Why spend changed: parts that add up to the change, and what may be behind them, ranked.

use store::model::finding::{Part, Suspect};

use super::factors::{Cause, Factors, Unit, decompose};
use super::usual::Usual;
use super::words::{count, dollars, moment, percent, time};

/// A part below this share of the change is no cause worth a word.
const WORTH: f64 = 0.2;
/// Failed calls of more than this share, and more than so many times as before, are retried calls where
/// invocations grow with them.
const RETRIED_ERRORS: f64 = 0.1;
const RETRIED_TIMES: f64 = 2.0;
/// A deploy this long before a change began may be its cause, s.
const DEPLOY_S: u32 = 2 * 3_600;

/// A change of spend of one function.
pub struct Change<'a> {
    /// What would have been used,
    pub expected: &'a Factors,
    /// and what was.
    pub actual: &'a Factors,
    /// Over so many hours.
    pub hours: f64,
    /// Spend by trigger.
    pub triggers: &'a [(Box<str>, f64)],
    /// What the function usually does.
    pub usual: &'a Usual,
    /// From when, s since the epoch,
    pub since_s: u32,
    /// until when it is told.
    pub until_s: u32,
}

/// What is behind it.
#[derive(Debug, Default)]
pub struct Attribution {
    /// Add up to the change, dollars.
    pub parts: Vec<Part>,
    /// The likeliest first.
    pub suspects: Vec<Suspect>,
    /// Sentences.
    pub reasons: Vec<String>,
    /// The largest part, as half a sentence: "92 % of it is more invocations (1,200 → 2,600 an hour)".
    pub mainly: String,
    /// What to look at first, half a sentence; may be empty.
    pub first: String,
}

/// Finds what is behind a change.
#[must_use]
pub fn attribute(change: &Change<'_>) -> Attribution {
    let mut out = Attribution::default();
    let (from, to, shares) = decompose(change.expected, change.actual);
    let whole = change.actual.usd - change.expected.usd;
    let of_whole = |part: f64| if whole == 0.0 { 0.0 } else { part / whole };
    for (cause, share) in Cause::ALL.into_iter().zip(shares) {
        let (name, note) = told(cause, share >= 0.0, &from, &to, change.hours);
        out.parts.push(Part {
            name,
            value: share,
            unit: "usd".to_owned(),
            note,
        });
    }
    // What does not count is told last.
    out.parts
        .sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    if let Some(largest) = out.parts.first().filter(|p| of_whole(p.value) >= WORTH) {
        let share = percent(of_whole(largest.value).min(1.0));
        out.mainly = match largest.note.is_empty() {
            true => format!("{share} of it is {}", largest.name),
            false => format!("{share} of it is {} ({})", largest.name, largest.note),
        };
    }
    let invocations = of_whole(shares[Cause::Invocations as usize]);
    deploy(change, invocations, &mut out);
    retries(change, invocations, &mut out);
    memory(
        &from,
        &to,
        of_whole(shares[Cause::Memory as usize]),
        &mut out,
    );
    triggers(change, whole, &mut out);
    out.suspects.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    if let Some(first) = out.suspects.first() {
        out.first = first.what.clone();
    }
    out
}

fn told(cause: Cause, is_more: bool, from: &Unit, to: &Unit, hours: f64) -> (String, String) {
    let pick = |more: &str, less: &str| if is_more { more } else { less }.to_owned();
    let hours = hours.max(1.0 / 60.0);
    let arrow = |a: String, b: String| {
        if a == b {
            String::new()
        } else {
            format!("{a} → {b}")
        }
    };
    match cause {
        Cause::Invocations => (
            pick("more invocations", "fewer invocations"),
            format!(
                "{} → {} an hour",
                count(from.invocations / hours),
                count(to.invocations / hours)
            ),
        ),
        Cause::Duration => (
            pick("longer duration", "shorter duration"),
            arrow(time(from.duration_ms), time(to.duration_ms)),
        ),
        Cause::ColdStarts => (
            pick("more billed initialisation", "less billed initialisation"),
            arrow(time(from.init_ms), time(to.init_ms)),
        ),
        Cause::Memory => (
            pick("more memory", "less memory"),
            arrow(
                format!("{} MiB", count(from.memory_mib)),
                format!("{} MiB", count(to.memory_mib)),
            ),
        ),
        Cause::Price => (pick("a higher price", "a lower price"), String::new()),
    }
}

fn deploy(change: &Change<'_>, invocations: f64, out: &mut Attribution) {
    let from_s = change.since_s.saturating_sub(DEPLOY_S);
    let Some((version, at_s)) = change.usual.deploy_between(from_s, change.until_s) else {
        return;
    };
    // More calls are rarely a deploy's doing; longer or larger ones are.
    out.suspects.push(Suspect {
        what: format!("version {version}"),
        why: format!("it was deployed on {}, when this began", moment(at_s)),
        weight: 0.95 - 0.4 * invocations.clamp(0.0, 1.0),
    });
}

fn retries(change: &Change<'_>, invocations: f64, out: &mut Attribution) {
    let (before, since) = (change.expected.error_share(), change.actual.error_share());
    let times = change.actual.invocations / change.expected.invocations.max(1.0);
    if invocations < 2.0 * WORTH || since < RETRIED_ERRORS || since < RETRIED_TIMES * before {
        return;
    }
    out.suspects.push(Suspect {
        what: "retries of failed calls".to_owned(),
        why: format!(
            "{} of invocations fail ({} before) while there are {times:.1} times as many",
            percent(since),
            percent(before)
        ),
        weight: 0.9,
    });
}

fn memory(from: &Unit, to: &Unit, share: f64, out: &mut Attribution) {
    if share < WORTH {
        return;
    }
    out.suspects.push(Suspect {
        what: format!(
            "memory {} → {} MiB",
            count(from.memory_mib),
            count(to.memory_mib)
        ),
        why: format!(
            "{} of the change comes from billed memory",
            percent(share.min(1.0))
        ),
        weight: 0.5 + 0.4 * share.min(1.0),
    });
}

fn triggers(change: &Change<'_>, whole: f64, out: &mut Attribution) {
    let usual = change.usual.trigger_shares();
    let share_of = |name: &str| {
        usual
            .iter()
            .find(|(n, _)| **n == *name)
            .map_or(0.0, |(_, s)| *s)
    };
    let mut by: Vec<(&str, f64)> = change
        .triggers
        .iter()
        .map(|(name, usd)| (&**name, usd - share_of(name) * change.expected.usd))
        .collect();
    by.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    if whole == 0.0 || by.len() + usual.len() < 3 {
        return; // one trigger, as ever, explains nothing
    }
    if let Some((name, part)) = by.first().filter(|(_, part)| part / whole >= 0.5) {
        let name = if name.is_empty() { "unknown" } else { name };
        out.suspects.push(Suspect {
            what: format!("trigger {name}"),
            why: format!(
                "{} of the {} came through it",
                dollars(*part),
                dollars(whole)
            ),
            weight: 0.3 + 0.3 * (part / whole).min(1.0),
        });
    }
    let told: Vec<String> = by
        .iter()
        .take(4)
        .map(|(name, part)| {
            format!(
                "{} {}",
                if name.is_empty() { "unknown" } else { name },
                dollars(*part)
            )
        })
        .collect();
    out.reasons
        .push(format!("By trigger: {}.", told.join(", ")));
}
