//! A version that was there before and takes the traffic back: a rollback, told by telemetry alone.

use store::model::{Deploy, DeploySource, DeployWords, UnixNano};
use store::read::versions::Leading;

/// Share of the invocations of ten minutes with which a version leads: a canary or a forgotten alias beside
/// it does not matter.
const LEADS: f64 = 0.95;
/// Fewest invocations of ten minutes that let anybody lead: that 20 in a row miss a version with half of the
/// traffic happens once in a million times.
const INVOCATIONS_MIN: u64 = 20;

/// Who led ten minutes of a function.
struct Leader<'a> {
    version: &'a str,
    bucket_s: u32,
    first_minute_s: u32,
    first_told_s: u32,
    last_told_s: u32,
}

/// Versions that lead again after another one led, told as of their first minute. `rows` are closed buckets
/// of ten minutes by function and time. What anybody told of since the other version led is not told again.
#[must_use]
pub fn returns(rows: &[Leading]) -> Vec<Deploy> {
    let mut told = Vec::new();
    for function in rows.chunk_by(|a, b| a.function_id == b.function_id) {
        let leaders = leaders(function);
        for pair in leaders.windows(2) {
            let [before, now] = pair else { continue };
            let is_older = now.first_told_s < before.bucket_s;
            let is_told = now.last_told_s >= before.bucket_s;
            if before.version != now.version && is_older && !is_told {
                told.push(Deploy {
                    function_id: function[0].function_id.clone(),
                    version: now.version.to_owned(),
                    at: UnixNano::from_secs(i64::from(now.first_minute_s)),
                    source: DeploySource::Telemetry,
                    words: DeployWords::default(),
                });
            }
        }
    }
    told
}

fn leaders(rows: &[Leading]) -> Vec<Leader<'_>> {
    rows.chunk_by(|a, b| a.bucket_s == b.bucket_s)
        .filter_map(|bucket| {
            let all: u64 = bucket.iter().map(|row| row.invocations).sum();
            let most = bucket.iter().max_by_key(|row| row.invocations)?;
            let leads = all >= INVOCATIONS_MIN && most.invocations as f64 >= LEADS * all as f64;
            leads.then_some(Leader {
                version: &most.version,
                bucket_s: most.bucket_s,
                first_minute_s: most.first_minute_s,
                first_told_s: most.first_told_s,
                last_told_s: most.last_told_s,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 1 was told of at 0 and version 2 at 6,000; a row per version and ten minutes.
    fn row(bucket: u32, version: &str, invocations: u64) -> Leading {
        let told = if version == "1" { 0 } else { 6_000 };
        Leading {
            function_id: "aws:1:eu:f".into(),
            version: version.into(),
            bucket_s: bucket * 600,
            invocations,
            first_minute_s: bucket * 600 + 120,
            first_told_s: told,
            last_told_s: told,
        }
    }

    #[test]
    fn a_rollback_is_told_once_as_of_the_first_minute_of_the_version_that_came_back() {
        let mut rows = vec![
            row(10, "2", 100),
            row(11, "2", 90),
            row(11, "1", 60),
            row(12, "1", 200),
        ];
        let told = returns(&rows);
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].version.as_str(), told[0].at.as_secs()),
            ("1", 7_320)
        );
        rows.iter_mut()
            .filter(|r| r.version == "1")
            .for_each(|r| r.last_told_s = 7_320);
        assert!(returns(&rows).is_empty(), "it was told");
    }

    #[test]
    fn a_new_version_a_canary_and_a_trickle_are_no_rollback() {
        let forward = [row(9, "1", 100), row(10, "2", 100)];
        assert!(returns(&forward).is_empty(), "version 2 is new");
        let canary = [row(10, "2", 10), row(10, "1", 90), row(11, "1", 100)];
        assert!(returns(&canary).is_empty(), "version 2 never led");
        let trickle = [row(10, "2", 100), row(11, "1", 19)];
        assert!(returns(&trickle).is_empty(), "too few to say");
    }

    #[test]
    fn functions_are_told_apart() {
        let mut other = row(12, "1", 100);
        other.function_id = "aws:1:eu:g".into();
        assert!(returns(&[row(10, "2", 100), other]).is_empty());
    }
}
