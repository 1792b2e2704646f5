//! The gate of a canary: what all measures of a version say, as one answer with reasons. Pure.
//!
//! One measure that became worse fails a version, however good the others are. It passes when every
//! measure that anybody tells is known to be no worse. All else is undecided, and says what would decide
//! it.

use serde::Serialize;

use crate::detectors::regression::{self, Outcome};
use crate::detectors::versions::{self, Need, Reason, verdict::Control};

/// The name of the measure that is not one of [`versions::Measure`]: how long cold starts take.
pub const COLD_START: &str = "cold_start";

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Nothing became worse.
    Pass,
    /// Something became worse.
    Fail,
    /// It cannot be said yet, or ever.
    Undecided,
}

impl Answer {
    /// The word of the API and the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
        }
    }

    /// From that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pass, Self::Fail, Self::Undecided]
            .into_iter()
            .find(|answer| answer.as_str() == word)
    }
}

/// The verdict on one measure, as the gate reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// `cold_start`, `cold_share`, `duration`, ….
    pub measure: &'static str,
    /// `regressed`, `improved`, `unchanged`, `undecided`, or `untold` where nobody tells it.
    pub outcome: &'static str,
    /// One sentence.
    pub sentence: String,
    /// `ms`, `MB`, or empty for a share.
    pub unit: &'static str,
    /// What was to be expected, in `unit`.
    pub before: Option<f64>,
    /// What was seen, in `unit`.
    pub after: Option<f64>,
    /// Relative change: 0.1 is ten per cent more.
    pub relative: Option<f64>,
    /// Its 95 % interval.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// Anytime-valid, 0..=1.
    pub p_value: Option<f64>,
    /// Invocations or cold starts before that it rests on.
    pub n_before: u64,
    /// And of the version.
    pub n_after: u64,
    /// When it was certain, ms since the epoch.
    pub detected_at_ms: Option<i64>,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// What would decide it, in words.
    pub need: Option<String>,
}

/// The answer and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// The answer.
    pub verdict: Answer,
    /// One sentence each: of a failure what failed, of a pass what was looked at, else what is open.
    pub reasons: Vec<String>,
    /// What would decide it, for each measure that is open: "errors: 120 more invocations".
    pub needs: Vec<String>,
    /// All measures.
    pub measures: Vec<Judged>,
}

/// The answer of all measures.
#[must_use]
pub fn decide(measures: Vec<Judged>) -> Gate {
    let of = |outcomes: &'static [&'static str]| {
        measures
            .iter()
            .filter(move |m| outcomes.contains(&m.outcome))
    };
    let sentences = |outcomes: &'static [&'static str]| -> Vec<String> {
        of(outcomes).map(|m| m.sentence.clone()).collect()
    };
    let told = of(&["regressed", "improved", "unchanged", "undecided"]).count();
    let (verdict, reasons) = if of(&["regressed"]).next().is_some() {
        (Answer::Fail, sentences(&["regressed"]))
    } else if told == 0 {
        let nothing = "Nothing that was asked for is told by this function.".to_owned();
        (Answer::Undecided, vec![nothing])
    } else if of(&["undecided"]).next().is_some() {
        (Answer::Undecided, sentences(&["undecided"]))
    } else {
        (Answer::Pass, sentences(&["improved", "unchanged"]))
    };
    let needs = of(&["undecided"])
        .filter_map(|m| Some(format!("{}: {}", m.measure, m.need.as_deref()?)))
        .collect();
    Gate {
        verdict,
        reasons,
        needs,
        measures,
    }
}

/// From the verdict on a measure of invocations.
#[must_use]
pub fn of_measure(verdict: &versions::Verdict) -> Judged {
    let untold = verdict.reasons.contains(&Reason::NotTold);
    let named = Named {
        measure: verdict.measure.as_str(),
        words: words(verdict.measure.as_str()),
        unit: verdict.measure.unit(),
    };
    let beside = verdict.reasons.contains(&Reason::Against(Control::Beside));
    named.judged(
        Said {
            outcome: verdict.outcome,
            untold,
            before: verdict.before,
            after: verdict.after,
            relative: verdict.relative,
            interval: verdict.interval,
            p_value: verdict.p_value,
            n: (verdict.n_before, verdict.n_after),
            detected_at_ms: verdict.detected_at.map(|at| at.as_millis()),
            need: verdict.need,
            beside,
        },
        verdict.reasons.iter().map(ToString::to_string).collect(),
    )
}

/// From the verdict on how long cold starts take; `medians` are those before and since, ms.
#[must_use]
pub fn of_cold_starts(verdict: &regression::Verdict, medians: Option<(f64, f64)>) -> Judged {
    let named = Named {
        measure: COLD_START,
        words: words(COLD_START),
        unit: "ms",
    };
    let untold = verdict.n_before == 0 && verdict.n_after == 0;
    let hopeless = verdict.reasons.iter().any(|r| {
        matches!(
            r,
            regression::Reason::FirstVersion | regression::Reason::ShortHistory { .. }
        )
    });
    let looks = [10, regression::boundary::LAST_LOOK];
    let next = looks.into_iter().find(|look| *look > verdict.n_after);
    let need = next
        .filter(|_| verdict.outcome == Outcome::Undecided && !hopeless && !untold)
        .map(|look| Need::ColdStarts((look - verdict.n_after) as u64));
    named.judged(
        Said {
            outcome: verdict.outcome,
            untold,
            before: medians.map(|(before, _)| before),
            after: medians.map(|(_, after)| after),
            relative: verdict.relative,
            interval: verdict.interval,
            p_value: verdict.p_value,
            n: (verdict.n_before as u64, verdict.n_after as u64),
            detected_at_ms: verdict.detected_at.map(|at| at.as_millis()),
            need,
            beside: false,
        },
        verdict.reasons.iter().map(ToString::to_string).collect(),
    )
}

/// What a measure is called in sentences.
fn words(measure: &str) -> &'static str {
    match measure {
        "cold_start" => "Cold starts",
        "cold_share" => "The share of cold starts",
        "duration" => "The median duration",
        "duration_p95" => "The 95th percentile of durations",
        "memory" => "Memory used",
        "errors" => "The share of errors",
        _ => "The share of timeouts",
    }
}

struct Named {
    measure: &'static str,
    words: &'static str,
    unit: &'static str,
}

struct Said {
    outcome: Outcome,
    untold: bool,
    before: Option<f64>,
    after: Option<f64>,
    relative: Option<f64>,
    interval: Option<(f64, f64)>,
    p_value: Option<f64>,
    n: (u64, u64),
    detected_at_ms: Option<i64>,
    need: Option<Need>,
    beside: bool,
}

impl Named {
    fn judged(&self, said: Said, reasons: Vec<String>) -> Judged {
        let outcome = match said.untold {
            true => "untold",
            false => said.outcome.as_str(),
        };
        let need = said.need.map(|need| need.to_string());
        Judged {
            measure: self.measure,
            outcome,
            sentence: self.sentence(&said, outcome, &reasons),
            unit: self.unit,
            before: said.before,
            after: said.after,
            relative: said.relative,
            low: said.interval.map(|(low, _)| low),
            high: said.interval.map(|(_, high)| high),
            p_value: said.p_value,
            n_before: said.n.0,
            n_after: said.n.1,
            detected_at_ms: said.detected_at_ms,
            reasons,
            need,
        }
    }

    fn sentence(&self, said: &Said, outcome: &str, reasons: &[String]) -> String {
        let words = self.words;
        let figures = match (said.before, said.after) {
            (Some(before), Some(after)) => {
                format!(", {} → {}", self.figure(before), self.figure(after))
            }
            _ => String::new(),
        };
        let percent = |x: f64| 100.0 * x;
        let change = said.relative.map_or_else(String::new, |relative| {
            let interval = said.interval.map_or_else(String::new, |(low, high)| {
                format!(" (95 %: {:+.0} to {:+.0} %)", percent(low), percent(high))
            });
            format!("{:+.0} %{interval}", percent(relative))
        });
        let against = match said.beside {
            true => " than that of the version beside it",
            false => "",
        };
        let why = reasons.first().map_or("", String::as_str);
        match outcome {
            "regressed" => {
                format!("{words}: worse{against} by {change}{figures}.")
            }
            "improved" => format!("{words}: better{against}, {change}{figures}."),
            "unchanged" => format!("{words}: no worse{against}, {change}{figures}; {why}."),
            "untold" => format!("{words}: not told."),
            _ => {
                let so_far = match change.is_empty() {
                    true => String::new(),
                    false => format!("; so far {change}{figures}"),
                };
                format!("{words}: {why}{so_far}.")
            }
        }
    }

    fn figure(&self, value: f64) -> String {
        match self.unit {
            "" => format!("{:.2} %", 100.0 * value),
            unit if value.abs() >= 100.0 => format!("{value:.0} {unit}"),
            unit => format!("{value:.1} {unit}"),
        }
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
