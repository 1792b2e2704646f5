//! What was found: a row of `findings`.

use serde::{Deserialize, Serialize};

use super::UnixNano;

/// Most points of a band, of values of a side, and of entries of any other list of an [`Evidence`].
pub const BAND_POINTS_MAX: usize = 400;
/// See [`BAND_POINTS_MAX`].
pub const SIDE_VALUES_MAX: usize = 60;
/// See [`BAND_POINTS_MAX`].
pub const ENTRIES_MAX: usize = 20;
/// Longest text within an evidence, bytes.
pub const TEXT_BYTES_MAX: usize = 400;

/// How bad it is; how sure it is stands apart from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Look at it this week.
    Low,
    /// Look at it today.
    Medium,
    /// Users or the bill suffer now.
    High,
    /// Wake somebody.
    Critical,
}

/// Whether it still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It holds.
    Open,
    /// It held until `closed_at`.
    Closed,
    /// It was not told because of the budget of false alarms or what people said of its like.
    Held,
    /// Facts that came late showed that it never held; nobody was told, since it was over when it was found.
    Retracted,
}

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One function; the subject is its id.
    Function,
    /// Functions that share runtime, architecture and region.
    Cohort,
    /// A region of a provider, `aws:eu-central-1`.
    Region,
    /// An account, `aws:123456789012`.
    Account,
    /// A provider, `aws`.
    Provider,
    /// Everything.
    Fleet,
    /// A budget of the configuration, by its name.
    Budget,
    /// A queue, topic or stream, by its name.
    Queue,
    /// Nephoscope itself.
    Store,
    /// A service level objective, by its name.
    Slo,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word kept in the table.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// From the word kept in the table.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words!(Severity { Info = "info", Low = "low", Medium = "medium", High = "high", Critical = "critical" });
words!(State { Open = "open", Closed = "closed", Held = "held", Retracted = "retracted" });
words!(Scope {
    Function = "function",
    Cohort = "cohort",
    Region = "region",
    Account = "account",
    Provider = "provider",
    Fleet = "fleet",
    Budget = "budget",
    Queue = "queue",
    Store = "store",
    Slo = "slo",
});

/// A finding: one id from its opening to its close.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// 16 hexadecimal digits, made of kind, subject, detail and begin: the same thing found again has
    /// the same id.
    pub id: String,
    /// Which kind, `cold_start_regression`, ….
    pub kind: String,
    /// What it is about.
    pub scope: Scope,
    /// Which one: see [`Scope`].
    pub subject: String,
    /// The function's id where it is about one, else empty.
    pub function_id: String,
    /// The version it is about, or empty.
    pub version: String,
    /// What tells it apart from another of the same kind and subject: a measure, a trigger; or empty.
    pub detail: String,
    /// Whether it holds.
    pub state: State,
    /// How bad.
    pub severity: Severity,
    /// How sure, 0..=1.
    pub confidence: f64,
    /// How often chance alone looks like this, where that was measured.
    pub p_value: Option<f64>,
    /// When what was found began.
    pub began_at: UnixNano,
    /// When it was certain.
    pub detected_at: UnixNano,
    /// When this row was written last.
    pub updated_at: UnixNano,
    /// When it ended.
    pub closed_at: Option<UnixNano>,
    /// Why it ended, or why it is held; a sentence or empty.
    pub closed_because: String,
    /// A few words: "Cold starts of checkout are 44 % slower since version 42".
    pub title: String,
    /// What a tired person needs: what, how much, since when, what it costs, what to look at first.
    pub sentence: String,
    /// Relative change, 0.44 is 44 % more.
    pub relative: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// The value before, in `unit`.
    pub before: Option<f64>,
    /// The value since, in `unit`.
    pub after: Option<f64>,
    /// `ms`, `usd/h`, `1` (a share), `count`, `count/h`, `bytes`, `s`.
    pub unit: String,
    /// Time it costs those who wait, ms a month.
    pub ms_per_month: Option<f64>,
    /// Money, 10⁻⁶ dollars a month.
    pub micro_usd_per_month: Option<i64>,
    /// Why it is believed.
    pub evidence: Evidence,
}

/// Why a finding is believed, bounded, as JSON in the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Sentences, the strongest first.
    pub reasons: Vec<String>,
    /// What may be behind it, the likeliest first.
    pub suspects: Vec<Suspect>,
    /// What it is made of, for bars: the parts of a change in money, ….
    pub parts: Vec<Part>,
    /// Before and after, where distributions are compared.
    pub before: Option<Side>,
    /// See `before`.
    pub after: Option<Side>,
    /// What was expected and what came.
    pub band: Vec<BandPoint>,
    /// Unit of `band`; `usd/h`, `ms`, ….
    pub band_unit: String,
    /// A line that must not be crossed, in `band_unit`: a budget, a limit.
    pub limit: Option<f64>,
    /// Trace ids worth opening.
    pub traces: Vec<String>,
    /// What to do about it, sentences.
    pub advice: Vec<String>,
    /// The question whose answer shows it, SQL for people.
    pub query: String,
    /// Techniques of MITRE ATT&CK, `T1190`.
    pub attack: Vec<String>,
    /// What strangers sent, where it stood.
    pub matches: Vec<Matched>,
    /// Spans and log records that showed it so far; 0 where that is not counted.
    pub events: u64,
}

/// A text that speaks for a finding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Matched {
    /// The attribute it stood in.
    pub field: String,
    /// What was seen there: a stranger's words.
    pub text: String,
}

/// Something that may be behind a finding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// "version 42", "memory 512 → 1,024 MiB", "caller storefront", ….
    pub what: String,
    /// Why it is suspected.
    pub why: String,
    /// How much speaks for it, 0..=1.
    pub weight: f64,
}

/// A part of what a finding is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// "more invocations", "longer duration", ….
    pub name: String,
    /// How much of it, in `unit`; may be negative.
    pub value: f64,
    /// Unit of `value`.
    pub unit: String,
    /// What it was and what it is, in words: "1,200 → 3,400 an hour".
    pub note: String,
}

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Values it stands for.
    pub n: u64,
    /// Quantiles 10, 25, 50, 75 and 90 %.
    pub quantiles: [f64; 5],
    /// At most [`SIDE_VALUES_MAX`] of the values, evenly by rank.
    pub values: Vec<f64>,
}

/// A moment of a band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BandPoint {
    /// Begin of the bucket, s since the epoch.
    pub at_s: i64,
    /// What came; nothing for the future.
    pub actual: Option<f64>,
    /// What was expected, and the range within which nothing would be said.
    pub expected: Option<f64>,
    /// See `expected`.
    pub low: Option<f64>,
    /// See `expected`.
    pub high: Option<f64>,
}

impl Evidence {
    /// Cuts every list and text to its bound, and leaves out numbers that are none. Texts come from
    /// telemetry: control characters become spaces.
    pub fn bound(&mut self) {
        self.reasons.truncate(ENTRIES_MAX);
        self.suspects.truncate(ENTRIES_MAX);
        self.parts.truncate(ENTRIES_MAX);
        self.traces.truncate(ENTRIES_MAX);
        self.advice.truncate(ENTRIES_MAX);
        self.attack.truncate(ENTRIES_MAX);
        self.matches.truncate(ENTRIES_MAX);
        let excess = self.band.len().saturating_sub(BAND_POINTS_MAX);
        self.band.drain(..excess); // the newest are those that matter
        self.suspects.retain(|s| s.weight.is_finite());
        self.parts.retain(|p| p.value.is_finite());
        for side in [&mut self.before, &mut self.after].into_iter().flatten() {
            side.values.retain(|v| v.is_finite());
            side.values.truncate(SIDE_VALUES_MAX);
        }
        for point in &mut self.band {
            for value in [
                &mut point.actual,
                &mut point.expected,
                &mut point.low,
                &mut point.high,
            ] {
                *value = value.filter(|v| v.is_finite());
            }
        }
        self.limit = self.limit.filter(|v| v.is_finite());
        let texts = self
            .reasons
            .iter_mut()
            .chain(&mut self.traces)
            .chain(&mut self.advice)
            .chain(&mut self.attack);
        let matches = self
            .matches
            .iter_mut()
            .flat_map(|m| [&mut m.field, &mut m.text]);
        let suspects = self
            .suspects
            .iter_mut()
            .flat_map(|s| [&mut s.what, &mut s.why]);
        let parts = self
            .parts
            .iter_mut()
            .flat_map(|p| [&mut p.name, &mut p.note]);
        texts
            .chain(suspects)
            .chain(parts)
            .chain(matches)
            .for_each(|text| *text = plain(text, TEXT_BYTES_MAX));
    }
}

/// A text without control characters and of at most `bytes_max` bytes.
#[must_use]
pub fn plain(text: &str, bytes_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if out.len() + c.len_utf8() > bytes_max {
            break;
        }
        out.push(c);
    }
    out
}

/// What a person said of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedbackVerdict {
    /// It is right, and was meant to be: a campaign, a migration. Its like is not told again for a while.
    Expected,
    /// It is wrong or helps nobody. Its like must show more before it is told.
    NotUseful,
    /// It helped.
    Useful,
    /// What was said is taken back.
    Withdrawn,
}

words!(FeedbackVerdict {
    Expected = "expected",
    NotUseful = "not_useful",
    Useful = "useful",
    Withdrawn = "withdrawn",
});

/// A row of `finding_feedback`.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// The finding.
    pub finding_id: String,
    /// Its kind.
    pub kind: String,
    /// Its subject.
    pub subject: String,
    /// What was said.
    pub verdict: FeedbackVerdict,
    /// How large its effect was.
    pub relative: Option<f64>,
    /// Why, in the person's words; may be empty.
    pub note: String,
    /// Who said it; may be empty.
    pub given_by: String,
    /// When.
    pub given_at: UnixNano,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.as_str()), Some(*severity));
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(*scope));
        }
        assert_eq!(State::parse("gone"), None);
    }

    #[test]
    fn evidence_is_cut_to_its_bounds_and_holds_no_control_characters() {
        let mut evidence = Evidence {
            reasons: vec!["a\nb".repeat(1_000); 50],
            band: vec![
                BandPoint {
                    actual: Some(f64::NAN),
                    ..BandPoint::default()
                };
                1_000
            ],
            parts: vec![Part {
                value: f64::INFINITY,
                ..Part::default()
            }],
            ..Evidence::default()
        };
        evidence.bound();
        assert_eq!(evidence.reasons.len(), ENTRIES_MAX);
        assert!(
            evidence.reasons[0].starts_with("a ba b")
                && evidence.reasons[0].len() <= TEXT_BYTES_MAX
        );
        assert_eq!(evidence.band.len(), BAND_POINTS_MAX);
        assert_eq!(evidence.band[0].actual, None);
        assert!(evidence.parts.is_empty());
    }
}
