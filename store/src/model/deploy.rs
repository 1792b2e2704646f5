//! A version of a function came into use.

use serde::{Deserialize, Serialize};

use super::UnixNano;

/// Longest version, author or commit kept, characters.
pub const WORD_CHARS: usize = 160;
/// Longest link or note kept, characters.
pub const TEXT_CHARS: usize = 500;
/// Most changes kept with one deploy.
pub const CHANGES_MAX: usize = 24;

/// Somebody's telling of a deploy: a row of `deploy_tellings`. The view `deploys` makes one deploy of all
/// tellings of one version that no other version interrupts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploy {
    /// Text form of the function id.
    pub function_id: String,
    /// The version, as the function reports it; empty where the platform numbers none.
    pub version: String,
    /// When it was first seen, or took place.
    pub at: UnixNano,
    /// Who tells.
    pub source: DeploySource,
    /// What is known beyond that; empty from telemetry.
    pub words: DeployWords,
}

/// What people, pipelines and audit logs tell of a deploy. All of it is hostile text of bounded length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployWords {
    /// Who deployed: a person, a role, a pipeline; may be empty.
    pub who: String,
    /// The commit, or the hash of the code; may be empty.
    pub commit: String,
    /// `http://` or `https://` link to the change; may be empty.
    pub url: String,
    /// A remark; may be empty.
    pub note: String,
    /// What else changed with it.
    pub changes: Vec<Change>,
}

/// Something of a function that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `memory_mb`, `runtime`, `architecture`, `layers`, `package`, `region`, `timeout_s`, …
    pub what: String,
    /// What it was; empty when not told.
    pub before: String,
    /// What it is; empty when it is gone.
    pub after: String,
}

/// How a deploy became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploySource {
    /// The first version ever seen of a function: where its history begins, not a change.
    Baseline,
    /// Another version appeared in telemetry, or took the traffic back.
    Telemetry,
    /// The cloud's own audit log.
    Audit,
    /// Announced by `POST /api/v1/deploys`.
    Api,
}

impl DeploySource {
    /// The text kept in `source`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Telemetry => "telemetry",
            Self::Audit => "audit",
            Self::Api => "api",
        }
    }
}

impl Deploy {
    /// The same with every text cut to what is kept and freed of control characters, and without a link
    /// that is no web address.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let words = &mut self.words;
        for word in [&mut self.version, &mut words.who, &mut words.commit] {
            *word = cut(word, WORD_CHARS);
        }
        for text in [&mut words.url, &mut words.note] {
            *text = cut(text, TEXT_CHARS);
        }
        if !is_web_address(&words.url) {
            words.url.clear();
        }
        words.changes.truncate(CHANGES_MAX);
        for change in &mut words.changes {
            for word in [&mut change.what, &mut change.before, &mut change.after] {
                *word = cut(word, WORD_CHARS);
            }
        }
        self
    }
}

impl DeployWords {
    /// The text kept in `changes`: a JSON list, empty without changes.
    #[must_use]
    pub fn changes_json(&self) -> String {
        match self.changes.as_slice() {
            [] => String::new(),
            changes => serde_json::to_string(changes).unwrap_or_default(),
        }
    }

    /// Reads what [`Self::changes_json`] wrote; what cannot be read is no change.
    #[must_use]
    pub fn changes_of(json: &str) -> Vec<Change> {
        serde_json::from_str(json).unwrap_or_default()
    }
}

/// Whether a link may be shown as one: anything but the web could run in the reader's browser.
#[must_use]
pub fn is_web_address(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && url.chars().all(|c| c.is_ascii_graphic()))
}

fn cut(text: &str, chars: usize) -> String {
    let plain = text.trim().chars().take(chars);
    plain
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_are_cut_and_links_that_could_run_are_dropped() {
        let deploy = Deploy {
            function_id: "aws:1:eu:f".into(),
            version: format!("4\n2{}", "x".repeat(1_000)),
            at: UnixNano(0),
            source: DeploySource::Api,
            words: DeployWords {
                url: "javascript:alert(1)".into(),
                note: "ü".repeat(1_000),
                changes: vec![
                    Change {
                        what: "memory_mb".into(),
                        before: "1".into(),
                        after: "2".repeat(500),
                    };
                    100
                ],
                ..DeployWords::default()
            },
        }
        .bounded();
        assert!(deploy.version.starts_with("4 2x") && deploy.version.len() == WORD_CHARS);
        assert_eq!(deploy.words.url, "");
        assert_eq!(deploy.words.note.chars().count(), TEXT_CHARS);
        assert_eq!(deploy.words.changes.len(), CHANGES_MAX);
        let json = deploy.words.changes_json();
        assert_eq!(DeployWords::changes_of(&json), deploy.words.changes);
        assert!(DeployWords::changes_of("<script>").is_empty());
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        for good in ["https://git.example/c/1", "http://ci/1"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "data:x",
            "//evil",
            "https://a b",
            "https://a\nb",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
