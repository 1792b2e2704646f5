//! Less memory, never below what was used and head-room.

use store::model::{UnixNano, Usage};

use super::recorded::{invocations, mean_ms, resized};
use super::words::{self, Range, count, monthly, ms, worth_it};
use super::{Advice, Confidence, INVOCATIONS_MIN, Kind, Prices, Recorded, Topic};

/// Memory is kept this many tenths of the most ever used: 1.3 times.
const HEAD_ROOM_TENTHS: u32 = 13;
/// Up to here a Lambda's processor share grows with its memory, MiB.
const FULL_CORE_MB: u32 = 1_769;
/// At least this share of the invocations must have told the memory they used, per cent.
const KNOWN_PERCENT: u64 = 90;

pub(super) struct MemoryDown;

impl Kind for MemoryDown {
    fn topic(&self) -> Topic {
        Topic::MemoryDown
    }

    fn consider(
        &self,
        of: &Recorded<'_>,
        prices: &dyn Prices,
        _: UnixNano,
    ) -> Result<Advice, String> {
        of.enough()?;
        let current = of.current().ok_or("nothing ran")?;
        let used_mb = most_used_mb(of)?;
        let floor_mb = (used_mb * HEAD_ROOM_TENTHS).div_ceil(10);
        let wanted_mb = size_at_least(&current.platform, floor_mb)
            .ok_or_else(|| format!("memory is not chosen by size on {}", current.platform))?;
        if wanted_mb >= current.memory_mb {
            return Err(format!(
                "it has {} MB and used up to {used_mb} MB; with head-room it needs {floor_mb} MB",
                current.memory_mb
            ));
        }
        let rows = of.current_rows();
        let now_usd = prices.gross(&rows)?;
        let measured = measured_at(of, wanted_mb);
        // What waits takes as long with less memory; what computes takes longer as the processor shrinks.
        let slower = match &measured {
            Some(there) => (there.1, there.1),
            None => (
                1_000,
                slowest_permille(&current.platform, current.memory_mb, wanted_mb),
            ),
        };
        let then = |permille| prices.gross(&resized(&rows, wanted_mb, permille, 1_000));
        let (best, worst) = (then(slower.0)?, then(slower.1)?);
        let saving = Range {
            low: now_usd - worst,
            high: now_usd - best,
        };
        let saving = worth_it(saving.per_month(of.window_days))?;
        Ok(tell(
            of,
            current,
            &rows,
            used_mb,
            wanted_mb,
            saving,
            slower,
            measured.is_some(),
        ))
    }
}

#[allow(clippy::too_many_arguments)] // the figures of one sentence each
fn tell(
    of: &Recorded<'_>,
    current: &Usage,
    rows: &[Usage],
    used_mb: u32,
    wanted_mb: u32,
    saving: Range<crate::money::Usd>,
    slower: (u64, u64),
    measured: bool,
) -> Advice {
    let mean = mean_ms(rows).unwrap_or_default();
    let change = |permille: u64| mean * (permille as f64 / 1_000.0 - 1.0);
    let what = format!(
        "Give it {wanted_mb} MB instead of {} MB: {}.",
        current.memory_mb,
        monthly(saving)
    );
    let advice = Advice::new(Topic::MemoryDown, of, what, saving)
        .changes_ms(change(slower.0), change(slower.1))
        .measured(format!(
            "The most that any of {} invocations on {} days used, whichever version ran, was {used_mb} MB \
             of {} MB.",
            count(of.invocations()),
            of.active_days(),
            current.memory_mb
        ))
        .derived(format!(
            "With a third of head-room ({used_mb} MB × 1.3) the next size is {wanted_mb} MB."
        ))
        .wrong_if("A rare input needs more memory than any invocation within this time.");
    if measured {
        return advice.sure(Confidence::High).measured(format!(
            "It already ran at {wanted_mb} MB: {} times the duration there.",
            words::short(slower.0 as f64 / 1_000.0)
        ));
    }
    advice
        .assumed(format!(
            "Less memory also means less processor: an invocation that only waits keeps its {}, one \
             that only computes takes up to {} longer. The interval of the saving covers both.",
            ms(mean),
            ms(change(slower.1))
        ))
        .wrong_if("Its time limit is close to its duration and it computes more than it waits.")
}

/// The most that was used, whichever version ran: what was needed once may be needed again.
fn most_used_mb(of: &Recorded<'_>) -> Result<u32, String> {
    let told = |u: &&Usage| u.memory_used_mb_max > 0;
    let known: u64 = of.usage.iter().filter(told).map(|u| u.invocations).sum();
    let all = of.invocations();
    if known < INVOCATIONS_MIN || known * 100 < all * KNOWN_PERCENT {
        return Err(format!(
            "the memory used is known of {} of {} invocations; send the platform's report lines",
            count(known),
            count(all)
        ));
    }
    let most = of.usage.iter().map(|u| u.memory_used_mb_max).max();
    let out = of.usage.iter().map(|u| u.out_of_memory).sum::<u64>();
    if out > 0 {
        return Err(format!("it ran out of memory {out} times within this time"));
    }
    Ok(most.unwrap_or_default())
}

/// Duration at `memory_mb` relative to now, thousandths, where enough ran there.
fn measured_at(of: &Recorded<'_>, memory_mb: u32) -> Option<(u64, u64)> {
    let there = of.by_memory().remove(&memory_mb)?;
    if invocations(&there) < INVOCATIONS_MIN {
        return None;
    }
    let ratio = mean_ms(&there)? / mean_ms(&of.current_rows())?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    Some((invocations(&there), (ratio * 1_000.0).round() as u64))
}

/// How much longer purely computing work takes at most, thousandths.
fn slowest_permille(platform: &str, from_mb: u32, to_mb: u32) -> u64 {
    let processor = |mb: u32| match platform {
        "aws_lambda" => mb.min(FULL_CORE_MB * 6),
        _ => mb,
    };
    u64::from(processor(from_mb)) * 1_000 / u64::from(processor(to_mb).max(1))
}

/// The least size a platform offers that is not below `floor_mb`; `None` where sizes are not chosen.
fn size_at_least(platform: &str, floor_mb: u32) -> Option<u32> {
    let listed = |sizes: &[u32]| sizes.iter().copied().find(|mb| *mb >= floor_mb);
    match platform {
        // Any MiB is allowed; steps of 64 are what people read.
        "aws_lambda" => Some(floor_mb.next_multiple_of(64).max(128)),
        "gcp_cloud_functions" | "gcp_cloud_run" => {
            listed(&[128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, days};
    use super::*;

    #[test]
    fn a_function_that_uses_a_tenth_gets_what_it_used_and_head_room() {
        let case = Case::new(days(10, |u| {
            u.memory_mb = 1_024;
            u.memory_used_mb_max = 100;
        }));
        let advice = case.ask(&MemoryDown).expect("advice");
        assert!(
            advice.what.starts_with("Give it 192 MB instead of 1024 MB"),
            "{}",
            advice.what
        );
        assert!(advice.saving.high.pico() > 0 && advice.saving.low <= advice.saving.high);
        let ms = advice.duration_ms.expect("a change");
        assert!(ms.low.abs() < 1e-9 && ms.high > 0.0, "{ms:?}");
    }

    #[test]
    fn one_spike_among_thousands_decides() {
        let mut rows = days(30, |u| {
            u.memory_mb = 1_024;
            u.memory_used_mb_max = 90;
        });
        rows[17].memory_used_mb_max = 800;
        let reason = Case::new(rows).ask(&MemoryDown).expect_err("no advice");
        assert!(reason.contains("used up to 800 MB"), "{reason}");
    }

    #[test]
    fn what_an_older_version_used_is_not_forgotten() {
        let mut rows = days(10, |u| {
            u.version = "1".into();
            u.memory_mb = 1_024;
            u.memory_used_mb_max = 700;
        });
        for row in rows.iter_mut().skip(5) {
            row.version = "2".into();
            row.memory_mb = 512;
            row.memory_used_mb_max = 60;
        }
        let reason = Case::new(rows).ask(&MemoryDown).expect_err("no advice");
        assert!(
            reason.contains("it has 512 MB and used up to 700 MB"),
            "{reason}"
        );
    }

    #[test]
    fn little_data_gives_no_advice_and_says_how_little() {
        let once = days(1, |u| {
            u.invocations = 1;
            u.memory_used_mb_max = 60;
        });
        let reason = Case::new(once).ask(&MemoryDown).expect_err("no advice");
        assert_eq!(reason, "too few invocations: 1 of 100");
        let unknown = days(10, |u| u.memory_used_mb_max = 0);
        let reason = Case::new(unknown).ask(&MemoryDown).expect_err("no advice");
        assert!(reason.contains("known of 0 of"), "{reason}");
    }

    #[test]
    fn out_of_memory_is_a_reason_to_leave_it() {
        let mut rows = days(10, |u| {
            u.memory_mb = 1_024;
            u.memory_used_mb_max = 100;
        });
        rows[3].out_of_memory = 2;
        let reason = Case::new(rows).ask(&MemoryDown).expect_err("no advice");
        assert_eq!(reason, "it ran out of memory 2 times within this time");
    }

    #[test]
    fn never_below_what_was_used_whatever_the_sizes() {
        for used in [1, 97, 98, 99, 100, 127, 128, 393, 394, 500, 787, 788] {
            let rows = days(10, |u| {
                u.memory_mb = 1_024;
                u.memory_used_mb_max = used;
            });
            if let Ok(advice) = Case::new(rows).ask(&MemoryDown) {
                let size: u32 = advice
                    .what
                    .split(' ')
                    .nth(2)
                    .expect("MB")
                    .parse()
                    .expect("a size");
                assert!(
                    size * 10 >= used * 13 && size < 1_024,
                    "{used}: {}",
                    advice.what
                );
            }
        }
    }
}
