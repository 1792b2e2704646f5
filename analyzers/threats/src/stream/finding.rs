//! What is found, and how it is said.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Event;

/// Events that a finding names.
pub const MARKS_MAX: usize = 50;
/// Reasons and pieces of evidence that it gives.
pub const LINES_MAX: usize = 12;
/// Characters of a text of a stranger that it shows.
const TEXT_CHARS_MAX: usize = 200;

/// How bad it is, if it is true; how sure it is stands apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Look at it today.
    Medium,
    /// Look at it now.
    High,
    /// Somebody is inside.
    Critical,
}

impl Severity {
    /// As a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a finding is an instance of.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Stable and short.
    pub id: Cow<'static, str>,
    /// What is found, as a heading.
    pub title: Cow<'static, str>,
    /// How bad it is unless the case says otherwise.
    pub severity: Severity,
    /// Techniques of MITRE ATT&CK, with spaces between.
    pub attack: Cow<'static, str>,
    /// What to do.
    pub advice: Cow<'static, str>,
}

/// What it is about. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The function.
    pub function: String,
    /// The client: an address, a network, `many clients`.
    pub client: String,
    /// The principal or the person.
    pub principal: String,
    /// What tells it apart from another: a host, a library.
    pub detail: String,
}

impl Subject {
    /// A function's.
    pub fn function(function: &str) -> Self {
        Self {
            function: function.to_owned(),
            ..Self::default()
        }
    }

    /// The same with a client.
    #[must_use]
    pub fn client(self, client: &str) -> Self {
        Self {
            client: client.to_owned(),
            ..self
        }
    }

    /// The same with a principal.
    #[must_use]
    pub fn principal(self, principal: &str) -> Self {
        Self {
            principal: shown(principal),
            ..self
        }
    }

    /// The same with a detail.
    #[must_use]
    pub fn detail(self, detail: &str) -> Self {
        Self {
            detail: shown(detail),
            ..self
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("function", &self.function),
            ("client", &self.client),
            ("principal", &self.principal),
            ("what", &self.detail),
        ];
        let mut first = true;
        for (name, value) in parts.iter().filter(|(_, value)| !value.is_empty()) {
            let space = if first { "" } else { " " };
            write!(f, "{space}{name}={value}")?;
            first = false;
        }
        if first {
            f.write_str("everything")
        } else {
            Ok(())
        }
    }
}

/// An event that a finding names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// As the event is called.
    pub id: String,
    /// Its trace, or empty.
    pub trace: String,
    /// Its span, or empty.
    pub span: String,
    /// When it happened.
    pub time_ns: i64,
}

impl Mark {
    /// Of an event.
    pub fn of(event: &Event) -> Self {
        Self {
            id: event.raw.id.clone(),
            trace: event.raw.trace.clone(),
            span: event.raw.span.clone(),
            time_ns: event.raw.time_ns,
        }
    }
}

/// What a detector says: something holds, and by what evidence. It may say so again with each event.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What is found.
    pub rule: Rule,
    /// About what.
    pub subject: Subject,
    /// How bad, here.
    pub severity: Severity,
    /// How sure, 0..1.
    pub confidence: f32,
    /// Events that show it, at most [`MARKS_MAX`].
    pub marks: Vec<Mark>,
    /// Why it is said, in sentences; at most [`LINES_MAX`].
    pub reasons: Vec<String>,
    /// Fields and what stands in them; at most [`LINES_MAX`]. Hostile text, cut short.
    pub evidence: Vec<(String, String)>,
}

impl Claim {
    /// With nothing to show yet.
    pub fn new(rule: &Rule, subject: Subject, confidence: f32) -> Self {
        Self {
            rule: rule.clone(),
            subject,
            severity: rule.severity,
            confidence,
            marks: Vec::new(),
            reasons: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// Names an event.
    #[must_use]
    pub fn event(self, event: &Event) -> Self {
        self.marks([Mark::of(event)])
    }

    /// Names events, the newest of them.
    #[must_use]
    pub fn marks(mut self, marks: impl IntoIterator<Item = Mark>) -> Self {
        self.marks.extend(marks);
        let more = self.marks.len().saturating_sub(MARKS_MAX);
        self.marks.drain(..more);
        self
    }

    /// Gives a reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        if self.reasons.len() < LINES_MAX {
            self.reasons.push(reason.into());
        }
        self
    }

    /// Shows a piece of evidence.
    #[must_use]
    pub fn shows(mut self, field: &str, text: &str) -> Self {
        if self.evidence.len() < LINES_MAX {
            self.evidence.push((shown(field), shown(text)));
        }
        self
    }

    /// Is worse or better than its rule usually.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// A text of a stranger, cut short.
pub fn shown(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// A finding as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The newest word of a detector about it; its marks and evidence are gathered.
    pub claim: Claim,
    /// When it was first said.
    pub opened_ns: i64,
    /// When it was said last.
    pub seen_ns: i64,
    /// Events that showed it so far.
    pub count: u64,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// It is new.
    Opened(Finding),
    /// It became worse.
    Worse(Finding),
}

impl Told {
    /// The finding.
    pub fn finding(&self) -> &Finding {
        match self {
            Self::Opened(finding) | Self::Worse(finding) => finding,
        }
    }
}
