//! Whether something is told: the budget of false alarms, and what people said.
//!
//! A detector that looks at chance speaks with a p-value, measured on quiet data. One subject may be told
//! of such findings freely up to [`FREE`] a month at the detectors' own threshold; each further one must
//! be [`STRICTER`] times as unlikely as the one before, and after [`MOST`] nothing more is told that
//! month. So whatever a function does, at most about [`FREE`] × [`P_MAX`] false alarms a month are its
//! share, and a function that is restless in a new way cannot flood anybody. Plain facts are not held back
//! by it.

use store::model::{Feedback, FeedbackVerdict, Severity, UnixNano};

use crate::detectors::Signal;

/// The detectors' own threshold.
pub const P_MAX: f64 = 0.01;
/// Findings by chance of one subject within [`MONTH_MS`] that are told at the detectors' own threshold.
pub const FREE: u32 = 3;
/// By how much each further one must be less likely.
pub const STRICTER: f64 = 4.0;
/// Most of them.
pub const MOST: u32 = 8;
/// The time the budget is for, ms: 30 days.
pub const MONTH_MS: f64 = 30.0 * 86_400_000.0;
/// "Expected" holds so long, ms: 30 days.
pub const EXPECTED_MS: f64 = 30.0 * 86_400_000.0;
/// Unless the effect is so many times as large as the one that was expected.
const BEYOND_EXPECTED: f64 = 1.5;
/// "Not useful" holds so long, ms: 90 days,
pub const NOT_USEFUL_MS: f64 = 90.0 * 86_400_000.0;
/// and makes what is told need so many times less likelihood, each time it was said.
const NOT_USEFUL_STRICTER: f64 = 10.0;

/// The decision, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is told.
    Tell,
    /// It is kept without telling; the reason, as a sentence.
    Hold(String),
}

/// Decides on a signal. `told` counts the findings by chance that its subject was told of within the last
/// [`MONTH_MS`]; `said` is what people said of findings of this kind and subject.
#[must_use]
pub fn decide(signal: &Signal, told: u32, said: &[&Feedback], now: UnixNano) -> Decision {
    let since = |ms: f64| now.plus_millis(-ms);
    let expected = said
        .iter()
        .filter(|f| f.verdict == FeedbackVerdict::Expected && f.given_at >= since(EXPECTED_MS));
    for feedback in expected {
        let larger = match (signal.relative, feedback.relative) {
            (Some(now), Some(then)) => now.abs() > BEYOND_EXPECTED * then.abs(),
            _ => false,
        };
        if !larger {
            return Decision::Hold(
                "its like was called expected within the last 30 days".to_owned(),
            );
        }
    }
    let not_useful = said
        .iter()
        .filter(|f| f.verdict == FeedbackVerdict::NotUseful && f.given_at >= since(NOT_USEFUL_MS))
        .count();
    let not_useful = i32::try_from(not_useful).unwrap_or(i32::MAX);
    let Some(p_value) = signal.p_value else {
        return match not_useful > 0 && signal.severity < Severity::High {
            true => Decision::Hold(
                "its like was called not useful within the last 90 days, and it is not severe"
                    .to_owned(),
            ),
            false => Decision::Tell,
        };
    };
    if told >= MOST {
        return Decision::Hold(format!(
            "{told} findings by chance were told of it within 30 days"
        ));
    }
    let spent = i32::try_from(told.saturating_sub(FREE - 1)).unwrap_or(i32::MAX);
    let p_max = P_MAX * STRICTER.powi(-spent) * NOT_USEFUL_STRICTER.powi(-not_useful);
    // Measured p-values at the threshold itself scatter a little around it.
    if p_value <= p_max * 1.05 {
        return Decision::Tell;
    }
    Decision::Hold(format!(
        "chance alone does this in {:.2} % of cases; after {told} findings of it within 30 days{} at most {:.3} % \
         are told",
        p_value * 100.0,
        if not_useful > 0 {
            " and a word that they were not useful"
        } else {
            ""
        },
        p_max * 100.0,
    ))
}

/// What a word about a finding does to those of its kind and subject, as a sentence.
#[must_use]
pub fn consequence(verdict: FeedbackVerdict) -> String {
    let days = |ms: f64| ms / 86_400_000.0;
    match verdict {
        FeedbackVerdict::Expected => format!(
            "For {:.0} days nothing of the kind is told of it, unless the effect is more than {BEYOND_EXPECTED} \
             times as large.",
            days(EXPECTED_MS)
        ),
        FeedbackVerdict::NotUseful => format!(
            "For {:.0} days its like must be {NOT_USEFUL_STRICTER:.0} times less likely by chance before it is told; \
             plain facts are told when they are severe.",
            days(NOT_USEFUL_MS)
        ),
        FeedbackVerdict::Useful => {
            "Nothing is held back: it is kept as proof of what this kind of finding is worth."
                .to_owned()
        }
        FeedbackVerdict::Withdrawn => {
            "What was said is taken back; the next look is judged as if nothing had been said."
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::signal::{Key, Subject};
    use store::model::Scope;

    const NOW: UnixNano = UnixNano::from_secs(100 * 86_400);

    fn signal(p_value: Option<f64>, relative: f64) -> Signal {
        Signal {
            key: Key {
                kind: "cold_start_shift",
                subject: Subject::Wide(Scope::Fleet, String::new()),
                detail: String::new(),
            },
            version: String::new(),
            began_at: NOW,
            detected_at: NOW,
            severity: Severity::Medium,
            confidence: 0.99,
            p_value,
            title: String::new(),
            sentence: String::new(),
            relative: Some(relative),
            interval: None,
            before: None,
            after: None,
            unit: "ms",
            ms_per_month: None,
            usd_per_month: None,
            evidence: Default::default(),
        }
    }

    fn said(verdict: FeedbackVerdict, days_ago: i64) -> Feedback {
        Feedback {
            finding_id: String::new(),
            kind: "cold_start_shift".into(),
            subject: String::new(),
            verdict,
            relative: Some(0.3),
            note: String::new(),
            given_by: String::new(),
            given_at: UnixNano::from_secs((100 - days_ago) * 86_400),
        }
    }

    fn tells(signal: &Signal, told: u32, said: &[&Feedback]) -> bool {
        decide(signal, told, said, NOW) == Decision::Tell
    }

    #[test]
    fn the_budget_asks_more_of_each_finding_beyond_the_free_ones() {
        let at_threshold = signal(Some(0.01), 0.3);
        assert!(tells(&at_threshold, 0, &[]) && tells(&at_threshold, 2, &[]));
        assert!(!tells(&at_threshold, 3, &[]));
        assert!(tells(&signal(Some(0.002), 0.3), 3, &[]));
        assert!(!tells(&signal(Some(1e-9), 0.3), MOST, &[]));
        assert!(
            tells(&signal(None, 0.3), 100, &[]),
            "plain facts have no budget"
        );
    }

    #[test]
    fn every_word_says_what_it_does_with_the_figures_that_decide() {
        assert!(consequence(FeedbackVerdict::Expected).contains("30 days"));
        let not_useful = consequence(FeedbackVerdict::NotUseful);
        assert!(not_useful.contains("90 days") && not_useful.contains("10 times"));
        for verdict in FeedbackVerdict::ALL {
            assert!(consequence(*verdict).ends_with('.'));
        }
    }

    #[test]
    fn what_people_said_is_respected_until_it_is_old_or_the_effect_is_larger() {
        let expected = said(FeedbackVerdict::Expected, 3);
        assert!(!tells(&signal(Some(1e-6), 0.4), 0, &[&expected]));
        assert!(tells(&signal(Some(1e-6), 0.5), 0, &[&expected]));
        assert!(tells(
            &signal(Some(1e-6), 0.4),
            0,
            &[&said(FeedbackVerdict::Expected, 31)]
        ));
        let useless = said(FeedbackVerdict::NotUseful, 3);
        assert!(!tells(&signal(Some(0.005), 0.3), 0, &[&useless]));
        assert!(tells(&signal(Some(0.001), 0.3), 0, &[&useless]));
        assert!(!tells(&signal(None, 0.3), 0, &[&useless]));
    }
}
