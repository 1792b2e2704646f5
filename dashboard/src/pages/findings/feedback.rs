//! What people say of a finding: forms on its page, and the same for programs.

use std::sync::Arc;

use analyzers::findings::budget::consequence;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::findings;
use store::model::{Feedback, FeedbackVerdict, Finding};

use super::facts::{note, spoken};
use super::one::{found, id_in};
use super::row::finding_path;
use crate::app::App;
use crate::format;
use crate::range::BadParameter;
use crate::web::link::Params;
use crate::web::render::{respond_error, see_other, with_type};
use crate::web::{self, Context, Format, PageError};

/// Longest body, bytes: a note and a name of the longest, each character in three escaped bytes.
const BODY_BYTES_MAX: usize = 8_192;
/// Longest note, characters; more is cut.
pub(super) const NOTE_MAX: usize = 500;
const NAME_MAX: usize = 80;

#[derive(Serialize)]
pub(super) struct FeedbackView {
    action: String,
    said: String,
    said_note: String,
    said_at: String,
    said_does: String,
    withdraw: bool,
    choices: Vec<ChoiceView>,
    note_max: usize,
}

#[derive(Serialize)]
struct ChoiceView {
    word: &'static str,
    label: &'static str,
    when: &'static str,
    does: String,
    said: bool,
}

/// What a program sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    verdict: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    given_by: String,
}

pub(super) fn view(ctx: &Context, finding: &Finding, said: Option<&Feedback>) -> FeedbackView {
    let stands = said.filter(|s| s.verdict != FeedbackVerdict::Withdrawn);
    let choice = |verdict, label, when| ChoiceView {
        word: FeedbackVerdict::as_str(verdict),
        label,
        when,
        does: consequence(verdict),
        said: stands.is_some_and(|s| s.verdict == verdict),
    };
    FeedbackView {
        action: format!("{}/feedback", finding_path(&finding.id)),
        said: said.map_or(String::new(), |s| spoken(s.verdict).to_owned()),
        said_note: said.map_or(String::new(), note),
        said_at: said.map_or(String::new(), |s| {
            format::ago(ctx.now_ms(), s.given_at.as_millis())
        }),
        said_does: said.map_or(String::new(), |s| consequence(s.verdict)),
        withdraw: stands.is_some(),
        choices: vec![
            choice(
                FeedbackVerdict::Expected,
                "Expected",
                "It is right and was meant to be: a campaign, a migration.",
            ),
            choice(
                FeedbackVerdict::NotUseful,
                "Not useful",
                "It is wrong, or helps nobody.",
            ),
            choice(FeedbackVerdict::Useful, "Useful", "It helped."),
        ],
        note_max: NOTE_MAX,
    }
}

/// The form on the page.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, Format::Html, |body| {
        let form = Params::parse(body);
        Ok(Sent {
            verdict: form.text("verdict"),
            note: form.text("note"),
            given_by: form.text("given_by"),
        })
    })
    .await
}

/// The same as JSON: `{"verdict": "expected", "note": "…", "given_by": "…"}`.
pub(crate) async fn api(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, Format::Json, |body| {
        serde_json::from_str(body).map_err(|error| {
            let reason = format!("{error}; send {{\"verdict\", \"note\", \"given_by\"}}");
            BadParameter::new("body", body, reason)
        })
    })
    .await
}

async fn take(
    app: Arc<App>,
    request: Request,
    format: Format,
    read: impl Fn(&str) -> Result<Sent, BadParameter>,
) -> Response {
    let (ctx, body) = match web::sent(app, request, "", format, BODY_BYTES_MAX).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let sent = read(&body);
    match keep(&ctx, sent).await {
        Ok(said) => {
            ctx.app.open.forget();
            thanks(&ctx, &said)
        }
        Err(error) => respond_error(&ctx, &error),
    }
}

async fn keep(ctx: &Context, sent: Result<Sent, BadParameter>) -> Result<Feedback, PageError> {
    let (id, sent) = (id_in(&ctx.path)?, sent?);
    let verdict = FeedbackVerdict::parse(&sent.verdict).ok_or_else(|| {
        let reason = "expected, not_useful, useful or withdrawn";
        BadParameter::new("verdict", &sent.verdict, reason)
    })?;
    let finding = found(ctx, &id).await?;
    let said = Feedback {
        finding_id: id,
        kind: finding.kind,
        subject: finding.subject,
        verdict,
        relative: finding.relative,
        note: format::bounded(sent.note.trim(), NOTE_MAX),
        given_by: format::bounded(sent.given_by.trim(), NAME_MAX),
        given_at: ctx.now,
    };
    findings::write_feedback(ctx.store(), &said).await?;
    Ok(said)
}

fn thanks(ctx: &Context, said: &Feedback) -> Response {
    if ctx.format == Format::Html {
        return see_other(&format!("{}#feedback", finding_path(&said.finding_id)));
    }
    let body = serde_json::json!({
        "finding_id": said.finding_id,
        "verdict": said.verdict.as_str(),
        "note": said.note,
        "given_by": said.given_by,
        "given_ms": said.given_at.as_millis(),
        "does": consequence(said.verdict),
    });
    with_type(StatusCode::OK, "application/json", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context, finding};

    fn said(verdict: FeedbackVerdict) -> Feedback {
        Feedback {
            finding_id: "0123456789abcdef".into(),
            kind: String::new(),
            subject: String::new(),
            verdict,
            relative: None,
            note: "sale".into(),
            given_by: "Ada".into(),
            given_at: NOW,
        }
    }

    #[test]
    fn each_choice_says_what_it_will_do_before_it_is_made() {
        let ctx = context("/findings/0123456789abcdef", "");
        let one = finding("cold_start_regression");
        let fresh = view(&ctx, &one, None);
        assert!(!fresh.withdraw && fresh.said.is_empty());
        assert!(fresh.choices.iter().all(|choice| !choice.does.is_empty()));
        let after = view(&ctx, &one, Some(&said(FeedbackVerdict::Expected)));
        assert!(after.withdraw && after.choices[0].said);
        assert_eq!(after.said_note, "by Ada: sale");
        let back = view(&ctx, &one, Some(&said(FeedbackVerdict::Withdrawn)));
        assert!(!back.withdraw && back.choices.iter().all(|choice| !choice.said));
    }

    #[test]
    fn programs_may_send_a_verdict_and_words_and_nothing_else() {
        let read = |text: &str| serde_json::from_str::<Sent>(text);
        let sent = read("{\"verdict\":\"useful\"}").expect("a word");
        assert_eq!((sent.verdict.as_str(), sent.note.as_str()), ("useful", ""));
        assert!(read("{\"verdict\":\"useful\",\"severity\":\"low\"}").is_err());
        assert!(read("[]").is_err());
    }
}
