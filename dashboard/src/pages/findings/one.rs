//! One finding: what was found, the chart that convinces, and what to do about it.

use serde::Serialize;
use store::findings;
use store::model::{Feedback, Finding, State, UnixNano};
use store::read::Window;
use store::read::deploys::{self, DeployRow, MAX_DEPLOYS};
use store::read::function::{self, ColdStartRow};

use super::charts::{self, Drawings};
use super::feedback::{self, FeedbackView};
use super::{export, facts, ocsf, watched, words};
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::unsegment;
use crate::web::{Context, Format, PageError, Reply};

const DAY_MS: f64 = 86_400_000.0;
/// Cold starts and deploys are shown from so long before it began, ms.
const BEFORE_MS: f64 = 2.0 * DAY_MS;
/// And until so long after it was certain, ms.
const AFTER_MS: f64 = 2.0 * DAY_MS;
/// Evidence is looked for over so long, ms, however long a finding took to show.
const LOOK_MS: f64 = 14.0 * DAY_MS;

/// Everything the page knows.
pub(super) struct Known {
    pub(super) finding: Finding,
    pub(super) said: Option<Feedback>,
    /// Findings by chance of its subject within the month of the budget: those told, and those held.
    pub(super) by_chance: (u64, u64),
    pub(super) deploys: Vec<DeployRow>,
    pub(super) cold_starts: Vec<ColdStartRow>,
    pub(super) window: Window,
}

#[derive(Serialize)]
struct OneView {
    tone: Tone,
    severity: &'static str,
    state: &'static str,
    kind: String,
    subject: String,
    subject_href: String,
    facts: Vec<(&'static str, String)>,
    drawings: Drawings,
    reasons: Vec<String>,
    /// Techniques of ATT&CK, with commas between.
    attack: String,
    /// What was sent, and where it stood.
    matches: Vec<(String, String)>,
    /// How many spans and log records showed it.
    events: String,
    suspects: Vec<facts::SuspectView>,
    advice: Vec<String>,
    traces: Vec<facts::TraceView>,
    timeline: Vec<facts::StepView>,
    deploys: Vec<facts::DeployView>,
    query: String,
    feedback: FeedbackView,
    budget: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let (path, wants_ocsf) = match ctx.path.strip_suffix(".ocsf") {
        Some(path) if ctx.format == Format::Json => (path, true),
        _ => (ctx.path.as_str(), false),
    };
    let id = id_in(path)?;
    let finding = found(ctx, &id).await?;
    if wants_ocsf {
        return Ok(Reply::Json(ocsf::event(&finding)));
    }
    let said = findings::feedback_of(ctx.store(), &id).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(export::one(&finding, said.as_ref())));
    }
    reply(ctx, &ask(ctx, finding, said).await?)
}

/// The id in an address: `/findings/<id>`, perhaps with more behind it.
///
/// # Errors
/// [`BadParameter`] unless it is 16 hexadecimal digits, lower case.
pub(super) fn id_in(path: &str) -> Result<String, BadParameter> {
    let rest = path.strip_prefix("/findings/").unwrap_or("");
    let raw = rest.split('/').next().unwrap_or("");
    let id = unsegment(raw).unwrap_or_default();
    let is_id = id.len() == 16 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match is_id {
        true => Ok(id),
        false => Err(BadParameter::new(
            "finding",
            &id,
            "an id has 16 hexadecimal digits, 0123456789abcdef",
        )),
    }
}

/// The finding of this id.
///
/// # Errors
/// [`PageError::NotFound`] where there is none, [`PageError::Store`].
pub(super) async fn found(ctx: &Context, id: &str) -> Result<Finding, PageError> {
    let found = findings::one(ctx.store(), id).await?;
    found.ok_or_else(|| PageError::NotFound {
        what: format!("There is no finding {id}."),
        help: "Look for it in the list of findings, among the closed and held ones too.".to_owned(),
    })
}

async fn ask(ctx: &Context, finding: Finding, said: Option<Feedback>) -> Result<Known, PageError> {
    let store = ctx.store();
    let window = window(&finding, ctx.now);
    let id = finding.function_id.clone();
    let month = ctx.now.plus_millis(-super::MONTH_MS);
    let by_chance = findings::by_chance(store, finding.scope, &finding.subject, month);
    // Both ask about one function; of all functions there are too many to be marks.
    let deploys = async {
        match id.is_empty() {
            true => Ok(Vec::new()),
            false => deploys::list(store, window, &id, MAX_DEPLOYS).await,
        }
    };
    let cold_starts = async {
        match !id.is_empty() && finding.kind.starts_with("cold_start") {
            true => function::cold_starts(store, window, &id).await,
            false => Ok(Vec::new()),
        }
    };
    let (deploys, cold_starts, by_chance) = tokio::try_join!(deploys, cold_starts, by_chance)?;
    Ok(Known {
        finding,
        said,
        by_chance,
        deploys,
        cold_starts,
        window,
    })
}

/// The time around a finding in which its evidence lies.
fn window(finding: &Finding, now: UnixNano) -> Window {
    let from = finding.began_at.plus_millis(-BEFORE_MS);
    let to = finding.detected_at.plus_millis(AFTER_MS);
    let to = to.min(now.plus_millis(60_000.0)).max(finding.began_at);
    Window {
        from: from.max(to.plus_millis(-LOOK_MS)),
        to: to.max(from.plus_millis(60_000.0)),
    }
}

fn reply(ctx: &Context, known: &Known) -> Result<Reply, PageError> {
    let finding = &known.finding;
    let title = format::bounded(&finding.title, 120);
    let frame = Frame::new(ctx, title, sentence(finding))
        .with_crumb("Findings", ctx.link("/findings", &[]))
        .without_range();
    let evidence = &finding.evidence;
    let view = OneView {
        tone: words::tone(finding),
        severity: finding.severity.as_str(),
        state: finding.state.as_str(),
        kind: words::kind(&finding.kind),
        subject: words::subject(finding),
        subject_href: match finding.function_id.is_empty() {
            true => String::new(),
            false => ctx.link(&crate::web::link::function_path(&finding.function_id), &[]),
        },
        facts: facts::facts(ctx, finding),
        drawings: charts::drawings(ctx, known),
        reasons: evidence.reasons.clone(),
        attack: evidence.attack.join(", "),
        matches: (evidence.matches.iter())
            .map(|found| (found.field.clone(), format::bounded(&found.text, 240)))
            .collect(),
        events: match evidence.events {
            0 => String::new(),
            n => format::counted(n, "event shows it", "events show it"),
        },
        suspects: facts::suspects(evidence),
        advice: evidence.advice.clone(),
        traces: facts::traces(ctx, evidence),
        timeline: facts::timeline(ctx, finding, known.said.as_ref()),
        deploys: facts::deploys(ctx, known),
        query: evidence.query.clone(),
        feedback: feedback::view(ctx, finding, known.said.as_ref()),
        budget: budget(known),
    };
    Reply::page("findings/one.html", frame, &view)
}

/// The finding's own sentence; after its end it says so first.
fn sentence(finding: &Finding) -> Sentence {
    let words = match finding.sentence.is_empty() {
        true => format!("{}.", finding.title.trim_end_matches('.')),
        false => finding.sentence.clone(),
    };
    let before = match finding.state {
        State::Open => "",
        State::Closed => "This is over. ",
        State::Held => "This was not told. ",
        State::Retracted => "This never held: it was seen in a history that had come in part. ",
    };
    Sentence::new(words::tone(finding)).say(format!("{before}{words}"))
}

/// How much of the budget of false alarms its subject used.
fn budget(known: &Known) -> String {
    if known.finding.p_value.is_none() {
        return "A plain fact uses nothing of the budget of false alarms.".to_owned();
    }
    let (told, held) = known.by_chance;
    let subject = words::subject(&known.finding);
    let held = match held {
        0 => String::new(),
        n => format!(", {n} held back"),
    };
    let next = watched::next(u32::try_from(told).unwrap_or(u32::MAX));
    format!(
        "Of {subject}, {} by chance told within 30 days{held}; {next}.",
        format::counted(told, "finding", "findings")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context, finding, html};
    use store::model::FeedbackVerdict;

    const HOSTILE: &str = "\"'><script>x()</script>";

    fn known(finding: Finding) -> Known {
        let window = window(&finding, NOW);
        let at_ms = finding.began_at.as_millis() - 180_000;
        Known {
            said: Some(Feedback {
                finding_id: finding.id.clone(),
                kind: finding.kind.clone(),
                subject: finding.subject.clone(),
                verdict: FeedbackVerdict::Expected,
                relative: None,
                note: HOSTILE.to_owned(),
                given_by: HOSTILE.to_owned(),
                given_at: NOW,
            }),
            by_chance: (1, 0),
            deploys: vec![DeployRow {
                function_id: finding.function_id.clone(),
                version: HOSTILE.to_owned(),
                at_ms,
                source: HOSTILE.to_owned(),
                ..DeployRow::default()
            }],
            cold_starts: (0..20)
                .map(|i| ColdStartRow {
                    at_ms: at_ms + i * 60_000,
                    version: HOSTILE.to_owned(),
                    init_ms: 200.0 + i as f64,
                    init_kind: HOSTILE.to_owned(),
                    trace_id: "ab".repeat(16),
                })
                .collect(),
            window,
            finding,
        }
    }

    fn shown(finding: Finding) -> String {
        let ctx = context("/findings/0123456789abcdef", "");
        html(&ctx, reply(&ctx, &known(finding)))
    }

    #[test]
    fn an_id_is_16_hexadecimal_digits_and_nothing_else() {
        assert_eq!(
            id_in("/findings/0123456789abcdef/feedback").as_deref(),
            Ok("0123456789abcdef")
        );
        for path in [
            "/findings/",
            "/findings/0123456789ABCDEF",
            "/findings/0123456789abcde",
            "/findings/0123456789abcdef0",
            "/findings/%27%20OR%201%3D1--------",
            "/findings/%FF",
        ] {
            assert!(id_in(path).is_err(), "{path}");
        }
    }

    #[test]
    fn the_page_shows_proof_and_every_hostile_text_is_text() {
        let mut hostile = finding("cold_start_regression");
        hostile.title = HOSTILE.into();
        hostile.sentence = HOSTILE.into();
        hostile.version = HOSTILE.into();
        hostile.subject = HOSTILE.into();
        hostile.unit = HOSTILE.into();
        hostile.evidence.band_unit = HOSTILE.into();
        hostile.evidence.query = HOSTILE.into();
        hostile.evidence.reasons = vec![HOSTILE.into()];
        hostile.evidence.advice = vec![HOSTILE.into()];
        hostile.evidence.traces = vec![HOSTILE.into()];
        for part in &mut hostile.evidence.parts {
            part.name = HOSTILE.into();
            part.note = HOSTILE.into();
        }
        let page = shown(hostile);
        assert!(page.matches("&lt;script&gt;").count() >= 10, "{page}");
        assert!(page.contains("class=\"strip on\"") && page.contains("class=\"band\""));
    }

    #[test]
    fn what_was_found_is_told_with_its_interval_its_price_and_its_chance() {
        let page = shown(finding("cold_start_regression")).replace('\u{a0}', " ");
        for words in [
            "+44 % (95 %: +38 % to +51 %), 180 ms → 260 ms",
            "$41 and 3 h of waiting a month",
            "chance alone does this once in 10,000",
            "medium: look at it today",
            "1 finding by chance told within 30 days",
            "1 h after it began",
        ] {
            assert!(page.contains(words), "{words}\n{page}");
        }
    }

    #[test]
    fn a_finding_without_any_evidence_is_still_a_page() {
        let bare = Finding {
            evidence: Default::default(),
            function_id: String::new(),
            relative: None,
            interval: None,
            before: None,
            after: None,
            ms_per_month: None,
            micro_usd_per_month: None,
            p_value: None,
            sentence: String::new(),
            kind: "of_a_newer_version".into(),
            ..finding("x")
        };
        let page = shown(bare);
        assert!(page.contains("of a newer version") && page.contains("A plain fact uses nothing"));
    }

    #[test]
    fn the_time_around_it_is_never_empty_nor_endless() {
        let mut one = finding("x");
        one.began_at = NOW.plus_millis(86_400_000.0);
        let ahead = window(&one, NOW);
        assert!(ahead.to > ahead.from);
        one.began_at = UnixNano::from_secs(0);
        let long = window(&one, NOW);
        assert!(long.seconds() <= 14 * 86_400 + 1);
    }
}
