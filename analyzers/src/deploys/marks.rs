//! Deploys told by telemetry alone: a version that was not there before.

use std::collections::HashSet;

use store::model::{Deploy, DeploySource, DeployWords, UnixNano};
use store::read::versions::NewVersion;

/// Marks for versions seen for the first time. The very first version of a function is where its
/// history begins and not a change, so it is marked as the baseline.
///
/// `seen` must be ordered by first minute.
#[must_use]
pub fn marks(seen: &[NewVersion]) -> Vec<Deploy> {
    let mut begun: HashSet<&str> = HashSet::new();
    seen.iter()
        .map(|version| {
            let first_of_function = begun.insert(&version.function_id) && !version.function_known;
            Deploy {
                function_id: version.function_id.clone(),
                version: version.version.clone(),
                at: UnixNano::from_secs(i64::from(version.first_minute_s)),
                source: match first_of_function {
                    true => DeploySource::Baseline,
                    false => DeploySource::Telemetry,
                },
                words: DeployWords::default(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(function: &str, version: &str, at: u32, known: bool) -> NewVersion {
        NewVersion {
            function_id: function.to_owned(),
            version: version.to_owned(),
            first_minute_s: at,
            function_known: known,
        }
    }

    #[test]
    fn the_first_version_of_a_function_is_its_baseline_and_each_later_one_a_deploy() {
        let got = marks(&[
            seen("new", "1", 60, false),
            seen("old", "8", 120, true),
            seen("new", "2", 180, false),
        ]);
        let sources: Vec<_> = got.iter().map(|d| (d.version.as_str(), d.source)).collect();
        assert_eq!(
            sources,
            [
                ("1", DeploySource::Baseline),
                ("8", DeploySource::Telemetry),
                ("2", DeploySource::Telemetry)
            ]
        );
        assert_eq!(got[2].at, UnixNano::from_secs(180));
    }
}
