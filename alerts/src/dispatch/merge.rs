//! Two words about one alert made into one.

use store::model::UnixNano;

use crate::model::Alert;

/// What is known of an alert after `new` was heard. Where its times overlap with what was known, the
/// earlier start stays, and an end that a source gave outlasts one that we made up; where they do not,
/// it is another occasion and `new` alone counts.
#[must_use]
pub fn merged(known: Option<&Alert>, new: Alert, now: UnixNano) -> Alert {
    match known {
        Some(known) if overlap(known, &new) => merge(known.clone(), new, now),
        _ => new,
    }
}

fn overlap(known: &Alert, new: &Alert) -> bool {
    let inside = |at: UnixNano| known.starts_at < at && at < known.ends_at;
    inside(new.ends_at) || inside(new.starts_at)
}

/// The later word counts, whichever came first over the wire.
fn merge(mut old: Alert, mut new: Alert, now: UnixNano) -> Alert {
    if new.updated_at < old.updated_at {
        std::mem::swap(&mut old, &mut new);
    }
    let told_end = if new.resolved_at(now) {
        old.resolved_at(now)
    } else {
        !old.timeout
    };
    if told_end {
        new.ends_at = new.ends_at.max(old.ends_at);
    }
    new.starts_at = new.starts_at.min(old.starts_at);
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Labels;

    /// From, until, heard at, and whether the end is ours, in seconds.
    fn alert(starts: i64, ends: i64, updated: i64, timeout: bool) -> Alert {
        let labels: Labels = [("a", "1")].into_iter().collect();
        Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: [("heard", updated.to_string())].into_iter().collect(),
            starts_at: UnixNano::from_secs(starts),
            ends_at: UnixNano::from_secs(ends),
            generator_url: String::new(),
            updated_at: UnixNano::from_secs(updated),
            timeout,
        }
    }

    #[test]
    fn overlapping_words_keep_the_earliest_start_and_the_end_a_source_gave() {
        let now = UnixNano::from_secs(100);
        for (what, known, new, starts, ends, heard) in [
            (
                "both made up",
                alert(10, 300, 90, true),
                alert(20, 400, 100, true),
                10,
                400,
                "100",
            ),
            (
                "given, later than ours",
                alert(10, 500, 90, false),
                alert(20, 400, 100, true),
                10,
                500,
                "100",
            ),
            (
                "given, earlier than ours",
                alert(10, 300, 90, false),
                alert(20, 400, 100, true),
                10,
                400,
                "100",
            ),
            (
                "ours gives way",
                alert(10, 500, 90, true),
                alert(20, 400, 100, false),
                10,
                400,
                "100",
            ),
            (
                "resolved now",
                alert(10, 500, 90, true),
                alert(20, 100, 100, false),
                10,
                100,
                "100",
            ),
            (
                "resolved twice",
                alert(10, 95, 90, false),
                alert(20, 80, 100, false),
                10,
                95,
                "100",
            ),
            (
                "no overlap",
                alert(10, 50, 40, false),
                alert(60, 400, 100, true),
                60,
                400,
                "100",
            ),
            (
                "older word comes late",
                alert(10, 500, 100, true),
                alert(20, 400, 90, true),
                10,
                500,
                "100",
            ),
        ] {
            let got = merged(Some(&known), new, now);
            let times = (got.starts_at.as_secs(), got.ends_at.as_secs());
            assert_eq!(times, (starts, ends), "{what}");
            assert_eq!(got.annotations.value("heard"), heard, "{what}");
        }
    }
}
