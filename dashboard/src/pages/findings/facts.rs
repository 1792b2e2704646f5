//! What is said of one finding in words: facts, suspects, its life so far.

use serde::Serialize;
use store::model::{Evidence, Feedback, FeedbackVerdict, Finding, State};

use super::one::Known;
use super::words;
use crate::format;
use crate::parts::diverging;
use crate::parts::markup::Svg;
use crate::web::Context;

/// Deploys on the page.
const DEPLOYS: usize = 8;

#[derive(Serialize)]
pub(super) struct SuspectView {
    what: String,
    why: String,
    weight: String,
    bar_svg: Svg,
}

#[derive(Serialize)]
pub(super) struct TraceView {
    text: String,
    href: String,
}

#[derive(Serialize)]
pub(super) struct StepView {
    at: String,
    what: String,
    note: String,
}

#[derive(Serialize)]
pub(super) struct DeployView {
    version: String,
    at: String,
    when: String,
    source: String,
}

/// What, by how much, since when, how bad, how sure, what it costs. What is not known is left out.
pub(super) fn facts(ctx: &Context, finding: &Finding) -> Vec<(&'static str, String)> {
    let clock = &ctx.range.clock;
    let began_ms = finding.began_at.as_millis();
    let since = format!(
        "{} ({})",
        clock.short(ctx.now_ms(), began_ms),
        format::ago(ctx.now_ms(), began_ms)
    );
    [
        ("Change", words::whole_change(finding)),
        ("Since", since),
        ("Version", format::bounded(&finding.version, 60)),
        ("Costs", words::whole_cost(finding)),
        (
            "Severity",
            format!(
                "{}: {}",
                finding.severity.as_str(),
                words::asks(finding.severity)
            ),
        ),
        (
            "Confidence",
            format::ratio(finding.confidence.clamp(0.0, 1.0)),
        ),
        ("Chance", words::chance(finding.p_value)),
        ("Of", scope(finding)),
        ("Which", format::bounded(&finding.detail, 80)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn scope(finding: &Finding) -> String {
    match finding.subject.is_empty() {
        true => finding.scope.as_str().to_owned(),
        false => format!(
            "{} {}",
            finding.scope.as_str(),
            format::bounded(&finding.subject, 160)
        ),
    }
}

/// The likeliest first.
pub(super) fn suspects(evidence: &Evidence) -> Vec<SuspectView> {
    let mut all: Vec<_> = evidence.suspects.iter().collect();
    all.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    all.into_iter()
        .map(|suspect| {
            let weight = suspect.weight.clamp(0.0, 1.0);
            SuspectView {
                what: format::bounded(&suspect.what, 200),
                why: suspect.why.clone(),
                weight: format::ratio(weight),
                bar_svg: diverging::bar(weight, (0.0, 1.0), false),
            }
        })
        .collect()
}

/// Traces worth opening; what is no trace's id is text alone.
pub(super) fn traces(ctx: &Context, evidence: &Evidence) -> Vec<TraceView> {
    let is_id = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    evidence
        .traces
        .iter()
        .filter(|id| !id.is_empty())
        .map(|id| TraceView {
            text: format::bounded(id, 32),
            href: match is_id(id) {
                true => ctx.link(&format!("/traces/{}", id.to_lowercase()), &[]),
                false => String::new(),
            },
        })
        .collect()
}

/// Began, was certain, was written last, ended, and what people said.
pub(super) fn timeline(ctx: &Context, finding: &Finding, said: Option<&Feedback>) -> Vec<StepView> {
    let clock = &ctx.range.clock;
    let (began_ms, detected_ms) = (
        finding.began_at.as_millis(),
        finding.detected_at.as_millis(),
    );
    let delay_s = detected_ms.saturating_sub(began_ms).max(0) / 1_000;
    let mut steps: Vec<(i64, &'static str, String)> = vec![
        (began_ms, "It began", String::new()),
        (
            detected_ms,
            "It was certain",
            format!(
                "{} after it began",
                format::long_duration(delay_s.unsigned_abs())
            ),
        ),
    ];
    let because = format::bounded(&finding.closed_because, 400);
    let updated_ms = finding.updated_at.as_millis();
    match (finding.state, finding.closed_at) {
        (State::Held, _) => steps.push((detected_ms, "It was held back", because)),
        (State::Retracted, _) => steps.push((updated_ms, "It was taken back", because)),
        (_, Some(at)) => steps.push((at.as_millis(), "It ended", because)),
        (State::Open, None) if updated_ms > detected_ms => {
            steps.push((updated_ms, "Written last", String::new()));
        }
        _ => {}
    }
    if let Some(said) = said {
        steps.push((said.given_at.as_millis(), spoken(said.verdict), note(said)));
    }
    steps.sort_by_key(|(at, ..)| *at);
    let view = |(at, what, note): (i64, &'static str, String)| StepView {
        at: clock.exact(at).chars().take(19).collect(),
        what: what.to_owned(),
        note,
    };
    steps.into_iter().map(view).collect()
}

/// What a person said, as a step of its life.
pub(super) fn spoken(verdict: FeedbackVerdict) -> &'static str {
    match verdict {
        FeedbackVerdict::Expected => "Called expected",
        FeedbackVerdict::NotUseful => "Called not useful",
        FeedbackVerdict::Useful => "Called useful",
        FeedbackVerdict::Withdrawn => "What was said was taken back",
    }
}

/// Who, and why.
pub(super) fn note(said: &Feedback) -> String {
    let by = match said.given_by.is_empty() {
        true => String::new(),
        false => format!("by {}", format::bounded(&said.given_by, 80)),
    };
    let parts = [by, format::bounded(&said.note, 400)];
    let known: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    known.join(": ")
}

/// Versions that appeared around it, the newest first.
pub(super) fn deploys(ctx: &Context, known: &Known) -> Vec<DeployView> {
    let began_ms = known.finding.began_at.as_millis();
    let when = |at_ms: i64| {
        let seconds = (at_ms - began_ms).unsigned_abs() / 1_000;
        match at_ms <= began_ms {
            _ if seconds < 60 => "as it began".to_owned(),
            true => format!("{} before it began", format::long_duration(seconds)),
            false => format!("{} after it began", format::long_duration(seconds)),
        }
    };
    known
        .deploys
        .iter()
        .take(DEPLOYS)
        .map(|deploy| DeployView {
            version: format::bounded(&deploy.version, 40),
            at: ctx.range.clock.day_minute(deploy.at_ms),
            when: when(deploy.at_ms),
            source: format::bounded(&deploy.source, 24),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, finding};

    #[test]
    fn only_trace_ids_are_links() {
        let ctx = context("/findings/x", "");
        let found = traces(&ctx, &finding("x").evidence);
        assert_eq!(found[0].href, format!("/traces/{}", "ab".repeat(16)));
        assert_eq!(
            (found[1].text.as_str(), found[1].href.as_str()),
            ("no trace", "")
        );
    }

    #[test]
    fn a_held_finding_says_why_and_an_ended_one_when() {
        let ctx = context("/findings/x", "");
        let mut one = finding("x");
        one.closed_because = "its like was called expected".into();
        one.state = State::Held;
        let held = timeline(&ctx, &one, None);
        let step = held.iter().find(|s| s.what == "It was held back");
        assert_eq!(
            step.map(|s| s.note.as_str()),
            Some("its like was called expected")
        );
        one.state = State::Closed;
        one.closed_at = Some(one.updated_at);
        let over = timeline(&ctx, &one, None);
        assert_eq!(over.last().map(|s| s.what.as_str()), Some("It ended"));
    }
}
