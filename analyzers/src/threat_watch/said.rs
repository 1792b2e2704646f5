//! What people said of threats: what was called expected is not told again.

use std::collections::HashMap;

use store::findings::Said;
use store::model::{FeedbackVerdict, Severity, UnixNano};

use crate::findings::budget::{EXPECTED_MS, NOT_USEFUL_MS};

/// The newest words, by what a finding is told apart by: rule and client or principal, and the function.
#[derive(Debug, Default)]
pub(super) struct Words {
    said: HashMap<(String, String), Said>,
}

impl Words {
    /// Of everything that was said, the newest first.
    pub(super) fn of(all: Vec<Said>) -> Self {
        let mut said = HashMap::new();
        for one in all {
            let key = (one.detail.clone(), one.feedback.subject.clone());
            said.entry(key).or_insert(one);
        }
        Self { said }
    }

    /// Why a finding of this detail and subject is kept without telling, if it is. What is worse than what
    /// was spoken of is told.
    pub(super) fn hold(
        &self,
        (detail, subject): (&str, &str),
        severity: Severity,
        now: UnixNano,
    ) -> Option<&'static str> {
        let said = self.said.get(&(detail.to_owned(), subject.to_owned()))?;
        if severity > said.severity {
            return None;
        }
        let within = |ms: f64| said.feedback.given_at >= now.plus_millis(-ms);
        match said.feedback.verdict {
            FeedbackVerdict::Expected if within(EXPECTED_MS) => {
                Some("The same was called expected within the last 30 days.")
            }
            FeedbackVerdict::NotUseful if within(NOT_USEFUL_MS) && severity < Severity::High => {
                Some(
                    "The same was called not useful within the last 90 days, and it is not severe.",
                )
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::model::Feedback;

    const NOW: UnixNano = UnixNano::from_secs(100 * 86_400);

    fn words(verdict: FeedbackVerdict, days_ago: i64) -> Words {
        Words::of(vec![Said {
            feedback: Feedback {
                finding_id: "0123456789abcdef".into(),
                kind: "threat_scan".into(),
                subject: "aws::eu:shop".into(),
                verdict,
                relative: None,
                note: String::new(),
                given_by: String::new(),
                given_at: UnixNano::from_secs((100 - days_ago) * 86_400),
            },
            detail: "scan · 192.0.2.7".into(),
            severity: Severity::Medium,
        }])
    }

    fn held(words: &Words, detail: &str, severity: Severity) -> bool {
        words
            .hold((detail, "aws::eu:shop"), severity, NOW)
            .is_some()
    }

    #[test]
    fn what_was_called_expected_is_not_told_again_unless_it_is_worse_or_somebody_elses() {
        let expected = words(FeedbackVerdict::Expected, 3);
        assert!(held(&expected, "scan · 192.0.2.7", Severity::Medium));
        assert!(!held(&expected, "scan · 192.0.2.7", Severity::High));
        assert!(!held(&expected, "scan · 192.0.2.8", Severity::Medium));
        let old = words(FeedbackVerdict::Expected, 31);
        assert!(!held(&old, "scan · 192.0.2.7", Severity::Medium));
        let useless = words(FeedbackVerdict::NotUseful, 31);
        assert!(held(&useless, "scan · 192.0.2.7", Severity::Low));
        assert!(!held(
            &words(FeedbackVerdict::Useful, 3),
            "scan · 192.0.2.7",
            Severity::Low
        ));
    }
}
