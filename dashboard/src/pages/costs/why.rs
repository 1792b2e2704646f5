//! Why a function costs another amount than before: the change taken apart into what made it.

use analyzers::money::Usd;
use store::model::Usage;

use crate::format;

/// A factor that differs by less than this is left out of the sentence.
const WORTH_TELLING: f64 = 0.02;

/// What a cost is the product of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Factors {
    invocations: f64,
    billed_ms: f64,
    memory_mb: f64,
    /// Dollars of a MiB-millisecond, requests shared out over them.
    price: f64,
}

impl Factors {
    fn of(rows: &[Usage], cost: Usd) -> Option<Self> {
        let sum = |pick: fn(&Usage) -> u64| rows.iter().map(pick).sum::<u64>() as f64;
        let (n, ms, mb_ms) = (
            sum(|u| u.invocations),
            sum(|u| u.billed_ms),
            sum(|u| u.billed_mb_ms),
        );
        let known = n > 0.0 && ms > 0.0 && mb_ms > 0.0 && cost.pico() > 0;
        known.then(|| Self {
            invocations: n,
            billed_ms: ms / n,
            memory_mb: mb_ms / ms,
            price: cost.as_drawn() / mb_ms,
        })
    }
}

/// One sentence, or nothing where one of the two is not known. `scale` makes the earlier, whole month as
/// long as what there is of the later one.
pub(super) fn why(
    before: &[Usage],
    before_cost: Usd,
    now: &[Usage],
    now_cost: Usd,
    scale: f64,
) -> Option<String> {
    let (was, is) = (
        Factors::of(before, before_cost)?,
        Factors::of(now, now_cost)?,
    );
    let ratios = [
        (is.invocations / (was.invocations * scale), "invocations"),
        (is.billed_ms / was.billed_ms, "billed time of each"),
        (is.memory_mb / was.memory_mb, "memory"),
        (
            is.price / was.price,
            "price of it (free grants and requests included)",
        ),
    ];
    let told: Vec<String> = (ratios.iter())
        .filter(|(ratio, _)| (ratio - 1.0).abs() >= WORTH_TELLING)
        .filter_map(|(ratio, what)| Some(format!("{what} {}", format::change(1.0, *ratio)?)))
        .collect();
    let total = is.invocations * is.billed_ms * is.memory_mb * is.price
        / (was.invocations * scale * was.billed_ms * was.memory_mb * was.price);
    let change = format::change(1.0, total)?;
    if told.is_empty() {
        return Some(format!("It costs {change} as before."));
    }
    Some(format!("It costs {change}: {}.", told.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: u64, ms: u64, mb: u64) -> Vec<Usage> {
        vec![Usage {
            invocations: n,
            billed_ms: n * ms,
            billed_mb_ms: n * ms * mb,
            ..Usage::default()
        }]
    }

    #[test]
    fn a_change_is_told_by_what_made_it() {
        let cost = |rows: &[Usage]| Usd::from_pico(i128::from(rows[0].billed_mb_ms) * 16);
        let (before, now) = (rows(1_000, 100, 512), rows(1_200, 100, 1_024));
        let text = why(&before, cost(&before), &now, cost(&now), 1.0).expect("a sentence");
        let plain = text.replace('\u{a0}', " ");
        assert_eq!(
            plain,
            "It costs 140 % more: invocations 20 % more, memory 100 % more."
        );
        let half = why(
            &before,
            cost(&before),
            &rows(500, 100, 512),
            cost(&rows(500, 100, 512)),
            0.5,
        );
        assert_eq!(half.as_deref(), Some("It costs the same as before."));
    }

    #[test]
    fn nothing_before_is_no_change() {
        assert_eq!(
            why(&[], Usd::ZERO, &rows(1, 1, 1), Usd::from_cents(1), 1.0),
            None
        );
    }
}
