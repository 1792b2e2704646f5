//! What people said of threats: what was called expected is not told again.

use std::collections::HashMap;

use store::findings::Said;
use store::model::{FeedbackVerdict, Finding, Severity, UnixNano};

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

    /// Why a finding is kept without telling, if it is. What is worse than what was spoken of is told.
    pub(super) fn hold(&self, finding: &Finding, now: UnixNano) -> Option<&'static str> {
        let key = (finding.detail.clone(), finding.subject.clone());
        let said = self.said.get(&key)?;
        if finding.severity > said.severity {
            return None;
        }
        let within = |ms: f64| said.feedback.given_at >= now.plus_millis(-ms);
        match said.feedback.verdict {
            FeedbackVerdict::Expected if within(EXPECTED_MS) => {
                Some("The same was called expected within the last 30 days.")
            }
            FeedbackVerdict::NotUseful
                if within(NOT_USEFUL_MS) && finding.severity < Severity::High =>
            {
                Some(
                    "The same was called not useful within the last 90 days, and it is not severe.",
                )
            }
            _ => None,
        }
    }
}
