//! A silence: made, changed, ended, and shown beforehand: whom it would mute now, and whom it would have
//! muted within the last day.

use std::sync::Arc;

use alerts::config::Duration;
use alerts::dispatch::{AlertNote, Stand};
use alerts::matchers::{Matchers, parse};
use alerts::silences::{Fault, Silence, State as Stands, new_id};
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use store::model::UnixNano;
use store::read::Window;

use super::form::{Done, take};
use super::silences::{matchers, state_word};
use super::{live, past, words};
use crate::app::App;
use crate::format;
use crate::range::BadParameter;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::link::{Params, segment, unsegment};
use crate::web::{Context, Format, PageError, Reply, Table};

/// How long a new silence lasts unless told otherwise.
const USUAL: &str = "2h";
/// Whom it would have muted is shown over so much of the past, ms.
const PREVIEW_MS: f64 = 86_400_000.0;
/// Alerts of a preview that are named.
const NAMED_MAX: usize = 50;

/// What stands in the form's fields.
#[derive(Clone, Debug, Default, Serialize)]
struct Draft {
    id: String,
    matchers: String,
    starts: String,
    lasts: String,
    ends: String,
    created_by: String,
    comment: String,
}

#[derive(Serialize)]
struct MutedView {
    href: String,
    name: String,
    labels: String,
    when: String,
}

#[derive(Serialize)]
struct Preview {
    now: Vec<MutedView>,
    now_note: String,
    day: Vec<MutedView>,
    day_note: String,
}

#[derive(Serialize)]
struct FormView {
    places: Vec<words::Place>,
    apart: &'static str,
    draft: Draft,
    zone: String,
    fault: String,
    preview: Option<Preview>,
    state: &'static str,
    facts: Vec<(&'static str, String)>,
    can_expire: bool,
}

/// `GET /alerts/silences/new?filter={…}`.
pub(crate) async fn new(ctx: &Context) -> Result<Reply, PageError> {
    let draft = Draft {
        matchers: ctx.params.text("filter"),
        lasts: USUAL.to_owned(),
        comment: ctx.params.text("comment"),
        ..Draft::default()
    };
    let preview = match read_matchers(&draft.matchers) {
        Ok(set) if !set.is_empty() => Some(preview(ctx, &[set]).await?),
        _ => None,
    };
    show(ctx, None, draft, String::new(), preview)
}

/// `GET /alerts/silences/{id}`.
pub(crate) async fn edit(ctx: &Context) -> Result<Reply, PageError> {
    let silence = found(ctx).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(ctx, &silence)));
    }
    let preview = preview(ctx, &silence.matcher_sets).await?;
    let draft = draft_of(ctx, &silence);
    show(ctx, Some(&silence), draft, String::new(), Some(preview))
}

fn table(ctx: &Context, silence: &Silence) -> Table {
    let mut table = Table::new(
        "silences",
        &[
            "id",
            "state",
            "starts_ms",
            "ends_ms",
            "created_by",
            "comment",
        ],
    );
    table.row(vec![
        silence.id.clone().into(),
        state_word(silence.state(ctx.now)).into(),
        silence.starts_at.as_millis().into(),
        silence.ends_at.as_millis().into(),
        silence.created_by.clone().into(),
        silence.comment.clone().into(),
    ]);
    table.with("matchers", json!(silence.matcher_sets))
}

fn id_in(path: &str) -> String {
    let raw = path.strip_prefix("/alerts/silences/").unwrap_or("");
    unsegment(raw).unwrap_or_default()
}

async fn found(ctx: &Context) -> Result<Silence, PageError> {
    let id = id_in(&ctx.path);
    let asked = id.clone();
    let found =
        live::wanted(ctx)?.look(move |desk, _| desk.machine.state().silences().get(&id).cloned());
    found.await?.ok_or_else(|| PageError::NotFound {
        what: format!("There is no silence {}.", format::bounded(&asked, 60)),
        help: "Silences that ended more than five days ago are not kept.".to_owned(),
    })
}

fn draft_of(ctx: &Context, silence: &Silence) -> Draft {
    let clock = &ctx.range.clock;
    Draft {
        id: silence.id.clone(),
        // Of several sets, which only the API makes, the form changes the first.
        matchers: silence
            .matcher_sets
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        starts: clock.field(silence.starts_at.as_millis()),
        lasts: String::new(),
        ends: clock.field(silence.ends_at.as_millis()),
        created_by: silence.created_by.clone(),
        comment: silence.comment.clone(),
    }
}

fn show(
    ctx: &Context,
    silence: Option<&Silence>,
    draft: Draft,
    fault: String,
    preview: Option<Preview>,
) -> Result<Reply, PageError> {
    let state = silence.map(|silence| silence.state(ctx.now));
    let tone = if fault.is_empty() {
        Tone::Quiet
    } else {
        Tone::Warn
    };
    let sentence = match (&preview, fault.is_empty()) {
        (_, false) => "Nothing was changed yet: the form has a fault.".to_owned(),
        (Some(preview), true) => format!(
            "It mutes {} now; within the last day it would have muted {}.",
            preview.now_note, preview.day_note
        ),
        (None, true) => "Say which alerts should be quiet, for how long, and why.".to_owned(),
    };
    let title = if silence.is_some() {
        "Silence"
    } else {
        "New silence"
    };
    let frame = Frame::new(ctx, title, Sentence::new(tone).say(sentence))
        .with_crumb("Alerts", ctx.link("/alerts", &[]))
        .with_crumb("Silences", ctx.link("/alerts/silences", &[]))
        .without_range();
    let frame = if silence.is_some() {
        frame
    } else {
        frame.without_exports()
    };
    let view = FormView {
        places: words::places(ctx),
        apart: live::apart(ctx),
        draft,
        zone: ctx.range.clock.name().to_owned(),
        fault,
        preview,
        state: state.map_or("", state_word),
        facts: silence.map_or_else(Vec::new, |silence| facts(ctx, silence)),
        can_expire: state.is_some_and(|state| state != Stands::Expired),
    };
    Reply::page("alerts/silence.html", frame, &view)
}

fn facts(ctx: &Context, silence: &Silence) -> Vec<(&'static str, String)> {
    let exact = |at: UnixNano| ctx.range.clock.exact(at.as_millis());
    vec![
        ("Mutes", format::bounded(&matchers(silence), 300)),
        ("From", exact(silence.starts_at)),
        ("Until", exact(silence.ends_at)),
        ("By", format::bounded(&silence.created_by, 80)),
        ("Changed", exact(silence.updated_at)),
    ]
}

fn read_matchers(text: &str) -> Result<Matchers, String> {
    let parsed = parse(text).map_err(|error| format!("The matchers cannot be read: {error}."))?;
    Ok(parsed.into_iter().collect())
}

async fn preview(ctx: &Context, sets: &[Matchers]) -> Result<Preview, PageError> {
    let matches = |note: &&AlertNote| sets.iter().any(|set| set.matches(&note.alert.labels));
    let live = match live::handle(ctx) {
        Some(handle) => live::alerts(handle).await?.0,
        None => Vec::new(),
    };
    let live: Vec<AlertNote> = live
        .into_iter()
        .map(|live| AlertNote {
            at: ctx.now,
            stand: live.stand,
            alert: live.alert,
        })
        .collect();
    let day = Window {
        from: ctx.now.plus_millis(-PREVIEW_MS),
        to: ctx.now,
    };
    let past = past::seen(ctx, day).await?;
    let now: Vec<&AlertNote> = live.iter().filter(matches).collect();
    let day: Vec<&AlertNote> = past.iter().filter(matches).collect();
    let view = |notes: &[&AlertNote]| {
        notes
            .iter()
            .take(NAMED_MAX)
            .map(|n| muted(ctx, n))
            .collect()
    };
    let counted = |notes: &[&AlertNote]| match notes.len() {
        0 => "no alert".to_owned(),
        n => format::counted(n as u64, "alert", "alerts"),
    };
    Ok(Preview {
        now_note: counted(&now),
        now: view(&now),
        day_note: counted(&day),
        day: view(&day),
    })
}

fn muted(ctx: &Context, note: &AlertNote) -> MutedView {
    let alert = &note.alert;
    let began = format::ago(ctx.now_ms(), alert.starts_at.as_millis());
    MutedView {
        href: words::path(&alert.fingerprint.to_string()),
        name: words::name(&alert.labels),
        labels: words::rest(&alert.labels),
        when: match note.stand {
            Stand::Resolved => format!("began {began}, over"),
            stand => format!("began {began}, {}", stand.as_str()),
        },
    }
}

/// `POST /alerts/silences` and `/alerts/silences/{id}`: `preview`, `save`, `expire`.
pub(crate) async fn form(State(app): State<Arc<App>>, request: Request) -> Response {
    take(app, request, None, async |ctx, form| {
        let draft = draft_in(form);
        match form.text("action").as_str() {
            "expire" => expire(ctx, draft.id).await,
            "preview" => previewed(ctx, form, draft).await,
            "save" => save(ctx, form, draft).await,
            other => Err(BadParameter::new("action", other, "preview, save or expire").into()),
        }
    })
    .await
}

fn draft_in(form: &Params) -> Draft {
    Draft {
        id: form.text("id"),
        matchers: form.text("matchers"),
        starts: form.text("starts"),
        lasts: form.text("lasts"),
        ends: form.text("ends"),
        created_by: form.text("created_by"),
        comment: form.text("comment"),
    }
}

async fn expire(ctx: &Context, id: String) -> Result<Done, PageError> {
    let asked = id.clone();
    let ended = live::wanted(ctx)?.change(move |desk, now| desk.machine.expire_silence(&id, now));
    match ended.await? {
        Ok(()) => Ok(Done::See("/alerts/silences".to_owned())),
        Err(_) => Err(PageError::NotFound {
            what: format!("There is no silence {}.", format::bounded(&asked, 60)),
            help: "Silences that ended more than five days ago are not kept.".to_owned(),
        }),
    }
}

async fn previewed(ctx: &Context, form: &Params, draft: Draft) -> Result<Done, PageError> {
    let known = known(ctx, &draft.id).await?;
    let read = silence_of(ctx, form, &draft);
    let set = read_matchers(&draft.matchers);
    let preview = match &set {
        Ok(set) if !set.is_empty() => Some(preview(ctx, std::slice::from_ref(set)).await?),
        _ => None,
    };
    let fault = read.err().unwrap_or_default();
    show(ctx, known.as_ref(), draft, fault, preview).map(Done::Page)
}

async fn known(ctx: &Context, id: &str) -> Result<Option<Silence>, PageError> {
    let id = id.to_owned();
    let known =
        live::wanted(ctx)?.look(move |desk, _| desk.machine.state().silences().get(&id).cloned());
    Ok(known.await?)
}

async fn save(ctx: &Context, form: &Params, draft: Draft) -> Result<Done, PageError> {
    let handle = live::wanted(ctx)?;
    let silence = match silence_of(ctx, form, &draft) {
        Ok(silence) => silence,
        Err(fault) => {
            let known = known(ctx, &draft.id).await?;
            return show(ctx, known.as_ref(), draft, fault, None).map(Done::Page);
        }
    };
    let Some(fresh) = new_id() else {
        return Err(PageError::Alerting(
            "The machine gives no random numbers.".to_owned(),
        ));
    };
    let stored = handle.change(move |desk, now| desk.machine.silence(silence, fresh, now));
    match stored.await? {
        Ok(id) => Ok(Done::See(format!("/alerts/silences/{}", segment(&id)))),
        Err(Fault::NotFound) => Err(PageError::NotFound {
            what: "The silence that was to be changed is not there any more.".to_owned(),
            help: "Make a new one.".to_owned(),
        }),
        Err(fault) => {
            let known = known(ctx, &draft.id).await?;
            show(ctx, known.as_ref(), draft, format!("{fault}."), None).map(Done::Page)
        }
    }
}

/// What the fields say, or what is wrong with them.
fn silence_of(ctx: &Context, form: &Params, draft: &Draft) -> Result<Silence, String> {
    let set = read_matchers(&draft.matchers)?;
    if set.is_empty() {
        return Err("Without matchers it would mute everything; write at least one.".to_owned());
    }
    if draft.comment.is_empty() || draft.created_by.is_empty() {
        return Err("Say who you are and why, for whoever finds alerts missing.".to_owned());
    }
    let zone = form.get("tz").unwrap_or(ctx.range.clock.name());
    let starts_at = match draft.starts.as_str() {
        "" => ctx.now,
        text => far(ctx, text, zone)?,
    };
    let ends_at = match (draft.lasts.as_str(), draft.ends.as_str()) {
        ("", "") => return Err("Say how long it lasts, or when it ends.".to_owned()),
        ("", text) => far(ctx, text, zone)?,
        (text, _) => {
            let lasts = Duration::parse(text)
                .map_err(|why| format!("How long it lasts cannot be read: {why}."))?;
            UnixNano(starts_at.0.saturating_add(lasts.nanos()))
        }
    };
    if ends_at <= starts_at.max(ctx.now) {
        return Err("It must end after it begins, and later than now.".to_owned());
    }
    let silence = Silence {
        id: draft.id.clone(),
        matcher_sets: vec![set],
        starts_at,
        ends_at,
        updated_at: UnixNano(0),
        created_by: draft.created_by.clone(),
        comment: draft.comment.clone(),
        annotations: Default::default(),
    };
    silence.validate().map_err(|fault| format!("{fault}."))?;
    Ok(silence)
}

/// A moment as a date-time field gives it, also in the future.
fn far(ctx: &Context, text: &str, zone: &str) -> Result<UnixNano, String> {
    let fault = || {
        format!(
            "{} is no time such as 2026-11-23T14:05.",
            format::bounded(text, 40)
        )
    };
    let civil: jiff::civil::DateTime = text.parse().map_err(|_| fault())?;
    let clock = format::Clock::named(zone).unwrap_or_else(|| ctx.range.clock.clone());
    let timestamp = clock.zone().to_timestamp(civil).map_err(|_| fault())?;
    let nanos = i64::try_from(timestamp.as_nanosecond()).map_err(|_| fault())?;
    Ok(UnixNano(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context};

    fn read(body: &str) -> Result<Silence, String> {
        let form = Params::parse(body);
        silence_of(
            &context("/alerts/silences/new", ""),
            &form,
            &draft_in(&form),
        )
    }

    #[test]
    fn a_form_makes_a_silence_or_says_what_is_missing() {
        let silence =
            read("matchers=a%3Db&lasts=2h&created_by=Ada&comment=works").expect("a silence");
        assert_eq!(
            (silence.starts_at, silence.ends_at.0 - NOW.0),
            (NOW, 7_200_000_000_000)
        );
        let until = read(
            "matchers=a%3Db&starts=2026-11-24T10%3A00&ends=2026-11-24T12%3A00&created_by=A&comment=w&tz=Europe%2FBerlin",
        );
        let until = until.expect("a silence");
        assert_eq!(until.ends_at.0 - until.starts_at.0, 7_200_000_000_000);
        assert_eq!(
            until.starts_at.as_secs() % 86_400,
            9 * 3_600,
            "as Berlin's clocks go"
        );
        for (body, want) in [
            ("lasts=2h&created_by=A&comment=w", "mute everything"),
            (
                "matchers=a%3D%7E%22.*%22&lasts=2h&created_by=A&comment=w",
                "empty string",
            ),
            (
                "matchers=%7B&lasts=2h&created_by=A&comment=w",
                "cannot be read",
            ),
            ("matchers=a%3Db&lasts=2h&comment=w", "who you are"),
            ("matchers=a%3Db&created_by=A&comment=w", "how long"),
            (
                "matchers=a%3Db&lasts=soon&created_by=A&comment=w",
                "cannot be read",
            ),
            (
                "matchers=a%3Db&ends=2026-11-01T10%3A00&created_by=A&comment=w",
                "later than now",
            ),
            (
                "matchers=a%3Db&ends=never&created_by=A&comment=w",
                "is no time",
            ),
        ] {
            let fault = read(body).expect_err(body);
            assert!(fault.contains(want), "{body}: {fault}");
        }
    }
}
