//! Notes of alerting into the store's tables and back: off the way of messages, a batch a second. A note
//! leaves the journal when its rows are on the store's disk; rows of a batch that was written twice merge.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::alerts::{AttemptRow, Batch, ConfigRow, LOOK_ALERTS_MAX, LookRow, SeenRow};
use store::model::UnixNano;
use store::{Store, StoreError};
use tokio::sync::{mpsc, watch};

use crate::delivery::Attempt;
use crate::dispatch::{AlertNote, Flush, Note, Seen, Stand, Told};
use crate::model::{Alert, Fingerprint, Labels};
use crate::run::{Handle, Refused};

/// How often notes are taken.
const EVERY: Duration = Duration::from_secs(1);
/// How soon a store that is away is asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// Notes of one batch.
const BATCH_NOTES_MAX: usize = 2_000;

/// Batches that whoever follows what is kept may be behind by; beyond it, it is not told.
pub const BEHIND_MAX: usize = 64;

/// Keeps notes in `store` until told to stop, and hands on what is kept.
pub async fn keep(
    store: Store,
    handle: Handle,
    kept: Option<mpsc::Sender<Vec<Note>>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut away = false;
    loop {
        let pause = match step(&store, &handle, kept.as_ref()).await {
            Ok(Err(Refused::Stopped)) => return,
            Ok(Err(Refused::Unwritten)) => AGAIN,
            Ok(Ok(whole)) => {
                away = false;
                if whole { Duration::ZERO } else { EVERY }
            }
            Err(error) => {
                if !away {
                    tracing::warn!(%error, "what alerting did cannot be kept in the store; the journal keeps it");
                }
                away = true;
                AGAIN
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Keeps one batch; true when there may be more.
async fn step(
    store: &Store,
    handle: &Handle,
    kept: Option<&mpsc::Sender<Vec<Note>>>,
) -> Result<Result<bool, Refused>, StoreError> {
    let taken = handle.look(|desk, _| {
        let notes = desk.machine.state().notes();
        let batch: Vec<Note> = notes.iter().take(BATCH_NOTES_MAX).cloned().collect();
        (notes.before() + batch.len() as u64, batch)
    });
    let (last, notes) = match taken.await {
        Ok(taken) => taken,
        Err(refused) => return Ok(Err(refused)),
    };
    if notes.is_empty() {
        return Ok(Ok(false));
    }
    let whole = notes.len() == BATCH_NOTES_MAX;
    store::alerts::write(store, &rows(&notes)).await?;
    let forgotten = handle.change(move |desk, _| desk.machine.kept(last)).await;
    if forgotten.is_ok() && kept.is_some_and(|kept| kept.try_send(notes).is_err()) {
        tracing::debug!(
            "whoever follows alerting is behind; what was told is missing on its timeline"
        );
    }
    Ok(forgotten.map(|()| whole))
}

/// Notes as rows.
#[must_use]
pub fn rows<'a>(notes: impl IntoIterator<Item = &'a Note>) -> Batch {
    let mut batch = Batch::default();
    for note in notes {
        match note {
            Note::Alert(note) => batch.seen.push(seen_row(note)),
            Note::Look(flush) => batch.looks.extend(look_rows(flush)),
            Note::Attempt(attempt) => batch.attempts.push(attempt_row(attempt)),
            Note::Config { at, text } => batch.configs.push(ConfigRow {
                at: at.0,
                text: text.clone(),
            }),
        }
    }
    batch
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What a newer version wrote in a form unknown here is left out.
fn read<T: DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

fn seen_row(note: &AlertNote) -> SeenRow {
    let alert = &note.alert;
    SeenRow {
        fingerprint: alert.fingerprint.0,
        starts_at: alert.starts_at.0,
        seen_at: note.at.0,
        stand: note.stand.as_str().to_owned(),
        ends_at: alert.ends_at.0,
        labels: json(&alert.labels),
        annotations: json(&alert.annotations),
        generator_url: alert.generator_url.clone(),
    }
}

fn look_rows(flush: &Flush) -> impl Iterator<Item = LookRow> + '_ {
    let told = json(&flush.told);
    let parts = flush.seen.chunks(LOOK_ALERTS_MAX);
    (0..).zip(parts).map(move |(part, seen)| LookRow {
        at: flush.at.0,
        group_key: flush.group_key.clone(),
        part,
        path: flush.path.clone(),
        receiver: flush.receiver.clone(),
        next_at: flush.next_at.0,
        alerts: seen.iter().map(|seen| seen.alert.0).collect(),
        seen: json(&seen),
        more: flush.more as u64,
        told: told.clone(),
    })
}

fn attempt_row(attempt: &Attempt) -> AttemptRow {
    AttemptRow {
        at: attempt.at.0,
        message: attempt.id.clone(),
        attempt: attempt.attempt,
        receiver: attempt.integration.receiver.clone(),
        kind: attempt.integration.kind.clone(),
        nth: u32::try_from(attempt.integration.index).unwrap_or(u32::MAX),
        group_key: attempt.group_key.clone(),
        took_ms: attempt.took_ms,
        request: attempt.request.clone(),
        status: attempt.status,
        failure: attempt.failure.map(|f| f.to_string()).unwrap_or_default(),
        reason: attempt.reason.clone(),
        retry_at: attempt.retry_at.map(|at| at.0),
    }
}

/// An alert of the past.
#[must_use]
pub fn alert(row: &SeenRow) -> AlertNote {
    let labels: Labels = read(&row.labels);
    AlertNote {
        at: UnixNano(row.seen_at),
        stand: Stand::parse(&row.stand).unwrap_or(Stand::Resolved),
        alert: Alert {
            labels,
            annotations: read(&row.annotations),
            starts_at: UnixNano(row.starts_at),
            ends_at: UnixNano(row.ends_at),
            generator_url: row.generator_url.clone(),
            updated_at: UnixNano(row.seen_at),
            timeout: false,
            fingerprint: Fingerprint(row.fingerprint),
        },
    }
}

/// A look of the past, or a part of it.
#[must_use]
pub fn look(row: &LookRow) -> Flush {
    Flush {
        at: UnixNano(row.at),
        next_at: UnixNano(row.next_at),
        path: row.path.clone(),
        receiver: row.receiver.clone(),
        group_key: row.group_key.clone(),
        seen: read::<Vec<Seen>>(&row.seen),
        more: usize::try_from(row.more).unwrap_or(usize::MAX),
        told: read::<Vec<Told>>(&row.told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::{Muted, Outcome};
    use crate::model::{Integration, Reason, Status};

    fn flush(alerts: u64) -> Flush {
        Flush {
            at: UnixNano(5),
            next_at: UnixNano(65),
            path: "{}/{a=\"b\"}/0".to_owned(),
            receiver: "ops".to_owned(),
            group_key: "{}:{}".to_owned(),
            seen: (0..alerts)
                .map(|n| Seen {
                    alert: Fingerprint(n),
                    status: Status::Firing,
                    muted: (n == 1).then(|| Muted::Silenced(vec!["s".to_owned()])),
                })
                .collect(),
            more: 0,
            told: vec![Told {
                integration: Integration {
                    receiver: "ops".to_owned(),
                    kind: "webhook".to_owned(),
                    index: 0,
                },
                reason: Reason::First,
                outcome: Outcome::Queued("ntf_1".to_owned()),
                known_at: None,
            }],
        }
    }

    #[test]
    fn a_look_comes_back_from_its_rows_and_a_large_one_is_parted() {
        let small = flush(3);
        let rows = rows([&Note::Look(small.clone()), &Note::Look(flush(2_500))]);
        assert_eq!(look(&rows.looks[0]), small);
        let parts: Vec<usize> = rows.looks[1..].iter().map(|row| row.alerts.len()).collect();
        assert_eq!(parts, [1_000, 1_000, 500]);
        let last = look(&rows.looks[3]);
        assert_eq!(last.seen[499].alert, Fingerprint(2_499));
        assert_eq!(last.told, small.told);
    }

    #[test]
    fn an_alert_comes_back_from_its_row() {
        let labels: Labels = [("a", "<b>")].into_iter().collect();
        let note = AlertNote {
            at: UnixNano(9),
            stand: Stand::Inhibited,
            alert: Alert {
                fingerprint: labels.fingerprint(),
                labels,
                annotations: [("summary", "\u{0}\"")].into_iter().collect(),
                starts_at: UnixNano(3),
                ends_at: UnixNano(i64::MAX),
                generator_url: "javascript:x".to_owned(),
                updated_at: UnixNano(9),
                timeout: false,
            },
        };
        let rows = rows([&Note::Alert(Box::new(note.clone()))]);
        assert_eq!(alert(&rows.seen[0]), note);
    }
}
