//! What alerting did, out of the store's tables and, for the last seconds, out of its own notes.

use alerts::delivery::Attempt;
use alerts::dispatch::{AlertNote, Flush, Note};
use alerts::history;
use alerts::model::Fingerprint;
use store::alerts::{AttemptFilter, AttemptRow, Batch, LOOK_ALERTS_MAX};
use store::model::UnixNano;
use store::read::Window;

use super::live;
use crate::web::{Context, PageError};

/// Alerts of the window as they stood last, the newest first.
pub(super) async fn seen(ctx: &Context, window: Window) -> Result<Vec<AlertNote>, PageError> {
    let rows = store::alerts::seen(ctx.store(), window).await?;
    let mut all: Vec<AlertNote> = rows.iter().map(history::alert).collect();
    let fresh = notes(ctx, |note| matches!(note, Note::Alert(_))).await?;
    for row in fresh.seen {
        let note = history::alert(&row);
        let same = |known: &&mut AlertNote| {
            (known.alert.fingerprint, known.alert.starts_at)
                == (note.alert.fingerprint, note.alert.starts_at)
        };
        match all.iter_mut().find(same) {
            Some(known) => *known = note,
            None => all.insert(0, note),
        }
    }
    Ok(all)
}

/// Occasions of one alert, the newest first.
pub(super) async fn occasions(
    ctx: &Context,
    fingerprint: Fingerprint,
) -> Result<Vec<AlertNote>, PageError> {
    let rows = store::alerts::occasions(ctx.store(), fingerprint.0).await?;
    Ok(rows.iter().map(history::alert).collect())
}

/// Looks at the groups of an alert, the newest first; of a large group, only its own part.
pub(super) async fn looks(
    ctx: &Context,
    window: Window,
    fingerprint: Fingerprint,
) -> Result<Vec<Flush>, PageError> {
    let rows = store::alerts::looks(ctx.store(), window, fingerprint.0).await?;
    let fresh = notes(ctx, move |note| match note {
        Note::Look(look) => look.seen.iter().any(|seen| seen.alert == fingerprint),
        _ => false,
    });
    let own = |row: &&store::alerts::LookRow| row.alerts.contains(&fingerprint.0);
    let fresh = fresh.await?;
    let mut all: Vec<Flush> = fresh
        .looks
        .iter()
        .rev()
        .filter(own)
        .map(history::look)
        .collect();
    for row in &rows {
        let look = history::look(row);
        let same = |known: &&Flush| known.at == look.at && known.group_key == look.group_key;
        if !all.iter().any(|known| same(&known)) {
            all.push(look);
        }
    }
    Ok(all)
}

/// Attempts, the newest first.
pub(super) async fn attempts(
    ctx: &Context,
    filter: &AttemptFilter,
) -> Result<Vec<AttemptRow>, PageError> {
    let window = ctx.window();
    let mut rows = store::alerts::attempts(ctx.store(), window, filter).await?;
    let wanted = filter.clone();
    let fresh = notes(ctx, move |note| match note {
        Note::Attempt(attempt) => {
            within(attempt, window)
                && (wanted.receiver.is_empty() || attempt.integration.receiver == wanted.receiver)
                && !(wanted.failed && attempt.delivered())
        }
        _ => false,
    });
    add(&mut rows, fresh.await?.attempts);
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    Ok(rows)
}

/// All attempts of some messages, the first of each first.
pub(super) async fn attempts_of(
    ctx: &Context,
    window: Window,
    messages: Vec<String>,
) -> Result<Vec<AttemptRow>, PageError> {
    let mut rows = store::alerts::attempts_of(ctx.store(), window, &messages).await?;
    let fresh = notes(ctx, move |note| match note {
        Note::Attempt(attempt) => messages.contains(&attempt.id),
        _ => false,
    });
    add(&mut rows, fresh.await?.attempts);
    rows.sort_by_key(|row| row.at);
    Ok(rows)
}

fn within(attempt: &Attempt, window: Window) -> bool {
    window.from <= attempt.at && attempt.at < window.to
}

fn add(rows: &mut Vec<AttemptRow>, fresh: Vec<AttemptRow>) {
    for row in fresh {
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
}

/// Those notes that the store does not have yet; none where alerting runs elsewhere.
async fn notes(
    ctx: &Context,
    wanted: impl Fn(&Note) -> bool + Send + 'static,
) -> Result<Batch, PageError> {
    let Some(handle) = live::handle(ctx) else {
        return Ok(Batch::default());
    };
    let taken = handle.look(move |desk, _| {
        let notes = desk.machine.state().notes().iter();
        let wanted = notes.filter(|note| wanted(note));
        wanted.take(LOOK_ALERTS_MAX).cloned().collect::<Vec<Note>>()
    });
    Ok(history::rows(&taken.await?))
}

/// From an hour before `from` until `to`, at most.
pub(super) fn around(from: UnixNano, to: UnixNano) -> Window {
    const HOUR_MS: f64 = 3_600_000.0;
    Window {
        from: from.plus_millis(-HOUR_MS),
        to: to.max(from).plus_millis(1_000.0),
    }
}
