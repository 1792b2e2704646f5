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

    /// `10 to 300, heard 90`: seconds; `ours` at the end when the end is made up.
    fn alert(text: &str) -> Alert {
        let numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse().ok());
        let numbers: Vec<i64> = numbers.collect();
        let labels: Labels = [("a", "1")].into_iter().collect();
        Alert {
            fingerprint: labels.fingerprint(),
            labels,
            annotations: [("heard", numbers[2].to_string())].into_iter().collect(),
            starts_at: UnixNano::from_secs(numbers[0]),
            ends_at: UnixNano::from_secs(numbers[1]),
            generator_url: String::new(),
            updated_at: UnixNano::from_secs(numbers[2]),
            timeout: text.ends_with("ours"),
        }
    }

    #[test]
    fn overlapping_words_keep_the_earliest_start_and_the_end_a_source_gave() {
        let now = UnixNano::from_secs(100);
        for (known, new, want) in [
            (
                "10 to 300, heard 90, ours",
                "20 to 400, heard 100, ours",
                "10 to 400, heard 100",
            ),
            (
                "10 to 500, heard 90",
                "20 to 400, heard 100, ours",
                "10 to 500, heard 100",
            ),
            (
                "10 to 300, heard 90",
                "20 to 400, heard 100, ours",
                "10 to 400, heard 100",
            ),
            (
                "10 to 500, heard 90, ours",
                "20 to 400, heard 100",
                "10 to 400, heard 100",
            ),
            // Resolved now, and twice.
            (
                "10 to 500, heard 90, ours",
                "20 to 100, heard 100",
                "10 to 100, heard 100",
            ),
            (
                "10 to 95, heard 90",
                "20 to 80, heard 100",
                "10 to 95, heard 100",
            ),
            // Another occasion.
            (
                "10 to 50, heard 40",
                "60 to 400, heard 100, ours",
                "60 to 400, heard 100",
            ),
            // The older word comes late.
            (
                "10 to 500, heard 100, ours",
                "20 to 400, heard 90, ours",
                "10 to 500, heard 100",
            ),
        ] {
            let got = merged(Some(&alert(known)), alert(new), now);
            let times = format!("{} to {}", got.starts_at.as_secs(), got.ends_at.as_secs());
            let got = format!("{times}, heard {}", got.annotations.value("heard"));
            assert_eq!(got, want, "{known}, then {new}");
        }
    }
}
