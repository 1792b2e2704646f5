//! More memory is faster and cheaper: only where the function itself has shown it.

use store::model::{UnixNano, Usage};

use super::recorded::{invocations, mean_ms};
use super::words::{Range, count, monthly, ms};
use super::{Advice, Confidence, INVOCATIONS_MIN, Kind, Prices, Recorded, Topic};
use crate::money::Usd;

/// It must be cheaper by so many per cent; less may be chance.
const CHEAPER_PERCENT: u64 = 5;

pub(super) struct MemoryUp;

/// What was seen at one size.
struct Seen {
    memory_mb: u32,
    invocations: u64,
    mean_ms: f64,
    /// Price of a million invocations.
    per_million: Usd,
    versions: Vec<String>,
}

impl Kind for MemoryUp {
    fn topic(&self) -> Topic {
        Topic::MemoryUp
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        of.enough()?;
        let current_mb = of.current().ok_or("nothing ran")?.memory_mb;
        let mut sizes = Vec::new();
        for (memory_mb, rows) in of.by_memory() {
            sizes.extend(seen(memory_mb, &rows, prices)?);
        }
        let now = (sizes.iter())
            .find(|s| s.memory_mb == current_mb)
            .ok_or_else(|| format!("too few invocations at {current_mb} MB, which runs now"))?;
        if sizes.len() < 2 {
            return Err(format!(
                "it ran at one size only ({current_mb} MB); what more memory does is not recorded"
            ));
        }
        let limit = now.per_million.scale(100 - CHEAPER_PERCENT, 100);
        let better = (sizes.iter())
            .filter(|s| s.memory_mb > current_mb && s.mean_ms < now.mean_ms)
            .filter(|s| s.per_million < limit)
            .min_by_key(|s| s.per_million)
            .ok_or("no larger size that it ran at was both faster and cheaper")?;
        let of_current = invocations(&of.current_rows());
        let saving = (now.per_million - better.per_million).scale(of_current, 1_000_000);
        Ok(tell(of, now, better, Range::exactly(saving)))
    }
}

fn tell(of: &Recorded<'_>, now: &Seen, better: &Seen, saving: Range<Usd>) -> Advice {
    let saving = saving.per_month(of.window_days);
    let what = format!(
        "Give it {} MB instead of {} MB: faster, and {}.",
        better.memory_mb,
        now.memory_mb,
        monthly(saving)
    );
    let line = |seen: &Seen| {
        format!(
            "At {} MB {} invocations took {} on average and cost {} per million.",
            seen.memory_mb,
            count(seen.invocations),
            ms(seen.mean_ms),
            seen.per_million
        )
    };
    let change = better.mean_ms - now.mean_ms;
    let same_code = now.versions.iter().any(|v| better.versions.contains(v));
    let advice = Advice::new(Topic::MemoryUp, of, what, saving)
        .changes_ms(change, change)
        .measured(line(now))
        .measured(line(better));
    if same_code {
        advice
            .sure(Confidence::High)
            .wrong_if("The traffic at the two sizes was not alike.")
    } else {
        advice
            .sure(Confidence::Low)
            .assumed(
                "Each size ran another version, so the code may be the reason and not the memory.",
            )
            .wrong_if("The newer version is slower for another reason than its memory.")
    }
}

/// `None` where too little ran at this size to tell.
fn seen(memory_mb: u32, rows: &[Usage], prices: &dyn Prices) -> Result<Option<Seen>, String> {
    let n = invocations(rows);
    let (Some(mean_ms), true) = (mean_ms(rows), n >= INVOCATIONS_MIN && memory_mb > 0) else {
        return Ok(None);
    };
    let mut versions: Vec<String> = rows.iter().map(|u| u.version.clone()).collect();
    versions.sort();
    versions.dedup();
    Ok(Some(Seen {
        memory_mb,
        invocations: n,
        mean_ms,
        per_million: prices.gross(rows)?.scale(1_000_000, n),
        versions,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days, take};
    use super::*;

    fn two_sizes(slow_ms: u64, fast_ms: u64, versions: [&str; 2]) -> Vec<Usage> {
        let mut rows = days(14, |u| {
            u.version = versions[0].into();
            take(u, 1_024, fast_ms);
        });
        for row in rows.iter_mut().skip(7) {
            row.version = versions[1].into();
            take(row, 512, slow_ms);
        }
        rows
    }

    #[test]
    fn a_size_that_was_faster_and_cheaper_is_advised_and_sure_with_the_same_version() {
        let advice = Case::new(two_sizes(1_000, 300, ["7", "7"]))
            .ask(&MemoryUp)
            .expect("advice");
        assert!(
            advice.what.starts_with("Give it 1024 MB instead of 512 MB"),
            "{}",
            advice.what
        );
        assert_eq!(advice.confidence, Confidence::High);
        assert!(
            advice
                .duration_ms
                .is_some_and(|ms| (ms.low + 700.0).abs() < 1.0)
        );
    }

    #[test]
    fn another_version_at_each_size_may_be_the_code() {
        let advice = Case::new(two_sizes(1_000, 300, ["1", "2"]))
            .ask(&MemoryUp)
            .expect("advice");
        assert_eq!(advice.confidence, Confidence::Low);
    }

    #[test]
    fn faster_but_dearer_is_not_advised_and_one_size_shows_nothing() {
        let reason = Case::new(two_sizes(1_000, 600, ["7", "7"]))
            .ask(&MemoryUp)
            .expect_err("none");
        assert!(reason.contains("both faster and cheaper"), "{reason}");
        let reason = Case::new(days(10, |_| {}))
            .ask(&MemoryUp)
            .expect_err("none");
        assert!(reason.contains("one size only"), "{reason}");
    }
}
