//! One input through all that looks at texts: payloads and credentials.

use super::payload::fields::{self, Part};
use super::payload::{Class, Evidence, Inspector, Place};
use super::secrets::Secrets;

/// What a found credential is worth.
const SECRET_WEIGHT: f32 = 0.9;
/// And one that vouches for itself.
const VERIFIED_WEIGHT: f32 = 0.99;
/// Characters of a credential that evidence shows: enough to find it, too few to use it.
const SHOWN_CHARS: usize = 6;

/// Something that telemetry brings.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// One untrusted text, raw, as a parameter or a field of a message carries it.
    Value(&'a str),
    /// A span's attributes, each as text; of a list each of its values. And a body, if it has one.
    Span {
        /// Keys and values.
        attributes: &'a [(String, String)],
        /// A request's or a message's body.
        body: Option<&'a str>,
    },
    /// A log record's body and attributes.
    Log {
        /// The message.
        body: &'a str,
        /// Keys and values.
        attributes: &'a [(String, String)],
    },
}

/// Evidence, and the field it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The attribute, or `value` or `body`.
    pub field: String,
    /// What was seen there.
    pub evidence: Evidence,
}

/// What is said of an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Whether a score reaches the threshold.
    pub flagged: bool,
    /// The surest class's score, 0..1.
    pub score: f32,
    /// Classes over the threshold.
    pub classes: Vec<Class>,
    /// What speaks for them; for what is not flagged, what was seen all the same.
    pub seen: Vec<Seen>,
}

/// Looks at inputs. Building it takes tens of milliseconds; keep it.
pub struct Lens {
    inspector: Inspector,
    secrets: Secrets,
}

impl Lens {
    /// With all payload rules, and these for credentials.
    pub fn new(secrets: Secrets) -> Self {
        Self {
            inspector: Inspector::new(),
            secrets,
        }
    }

    /// Looks at one input.
    pub fn look(&self, input: Input<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        let mut parts = Vec::new();
        match input {
            Input::Value(text) => {
                self.payload(
                    &Part {
                        field: "value",
                        text: text.as_bytes().into(),
                        place: Place::Value,
                    },
                    &mut verdict,
                );
                self.credentials("value", text, &mut verdict);
            }
            Input::Span { attributes, body } => {
                for (key, value) in attributes {
                    fields::attribute(key, value, &mut parts);
                    self.credentials(key, value, &mut verdict);
                }
                if let Some(body) = body {
                    fields::attribute("body", body, &mut parts);
                }
            }
            Input::Log { body, attributes } => {
                self.payload(
                    &Part {
                        field: "body",
                        text: body.as_bytes().into(),
                        place: Place::Log,
                    },
                    &mut verdict,
                );
                self.credentials("body", body, &mut verdict);
                for (key, value) in attributes {
                    fields::attribute(key, value, &mut parts);
                    self.credentials(key, value, &mut verdict);
                }
            }
        }
        for part in &parts {
            self.payload(part, &mut verdict);
        }
        verdict
    }

    fn payload(&self, part: &Part<'_>, verdict: &mut Verdict) {
        let inspection = self.inspector.inspect(&part.text, part.place);
        let flagged = inspection.flagged();
        if verdict.flagged && !flagged {
            return;
        }
        if flagged && !verdict.flagged {
            // What was seen before, and was too little, is no evidence for this.
            verdict.seen.clear();
        }
        verdict.flagged |= flagged;
        verdict.score = verdict.score.max(inspection.score);
        verdict.classes.extend(inspection.classes);
        verdict.classes.sort_unstable();
        verdict.classes.dedup();
        for evidence in inspection.evidence {
            if !verdict
                .seen
                .iter()
                .any(|seen| seen.evidence.rule == evidence.rule && seen.field == part.field)
            {
                verdict.seen.push(Seen {
                    field: part.field.to_owned(),
                    evidence,
                });
            }
        }
    }

    fn credentials(&self, field: &str, text: &str, verdict: &mut Verdict) {
        for found in self.secrets.find_named(field, text) {
            if !verdict.flagged {
                verdict.seen.clear();
            }
            verdict.flagged = true;
            let weight = match found.verified {
                true => VERIFIED_WEIGHT,
                false => SECRET_WEIGHT,
            };
            verdict.score = verdict.score.max(weight);
            if !verdict.classes.contains(&Class::Secret) {
                verdict.classes.push(Class::Secret);
            }
            let shown: String = text[found.begin..found.end]
                .chars()
                .take(SHOWN_CHARS)
                .collect();
            let evidence = Evidence {
                rule: "secret",
                class: Class::Secret,
                weight,
                matched: format!("{shown}… ({})", found.rule),
            };
            verdict.seen.push(Seen {
                field: field.to_owned(),
                evidence,
            });
        }
    }
}
