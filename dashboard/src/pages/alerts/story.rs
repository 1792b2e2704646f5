//! Why somebody was told of an alert, and why not: looks at its groups as steps, and a sentence of them.

use std::collections::BTreeMap;

use alerts::dispatch::{Flush, Outcome, Stand};
use alerts::model::{Fingerprint, Integration};
use alerts::route::Tree;
use serde::Serialize;
use store::alerts::AttemptRow;
use store::model::UnixNano;

use super::words::{self, ToldView};
use crate::format;
use crate::web::Context;
use crate::web::frame::Tone;

/// A look, as the page tells of it.
#[derive(Serialize)]
pub(super) struct StepView {
    at: String,
    stand: &'static str,
    tone: Tone,
    muted: String,
    told: Vec<ToldView>,
    group: String,
    next: String,
}

/// A message of a look, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) at: UnixNano,
    pub(super) id: String,
    pub(super) to: Integration,
}

/// All messages that named the alert, the first first.
pub(super) fn messages(looks: &[Flush], fingerprint: Fingerprint) -> Vec<Message> {
    let mut all = Vec::new();
    for look in looks.iter().rev() {
        let seen = look.seen.iter().find(|seen| seen.alert == fingerprint);
        if seen.is_none_or(|seen| seen.muted.is_some()) {
            continue;
        }
        for told in &look.told {
            if let Outcome::Queued(id) = &told.outcome {
                all.push(Message {
                    at: look.at,
                    id: id.clone(),
                    to: told.integration.clone(),
                });
            }
        }
    }
    all
}

/// How often a group of each route repeats the same, ms, by the route's path.
pub(super) fn repeats(tree: &Tree) -> BTreeMap<String, i64> {
    let nodes = tree.nodes().map(|(_, node)| {
        let repeat = node.options.repeat_interval.nanos() / 1_000_000;
        (node.path.clone(), repeat)
    });
    nodes.collect()
}

/// Looks as steps, the newest first.
pub(super) fn steps(
    ctx: &Context,
    looks: &[Flush],
    fingerprint: Fingerprint,
    repeats: &BTreeMap<String, i64>,
) -> Vec<StepView> {
    let clock = &ctx.range.clock;
    let step = |look: &Flush| {
        let seen = look.seen.iter().find(|seen| seen.alert == fingerprint)?;
        let stand = Stand::of(seen.status, seen.muted.as_ref());
        let repeat = repeats.get(&look.path).copied();
        let told = match (&seen.muted, look.told.is_empty()) {
            (None, false) => look
                .told
                .iter()
                .map(|t| words::told(ctx, t, repeat))
                .collect(),
            _ => Vec::new(),
        };
        Some(StepView {
            at: clock.exact(look.at.as_millis()),
            stand: stand.as_str(),
            tone: match stand {
                Stand::Firing => Tone::Warn,
                Stand::Resolved => Tone::Good,
                _ => Tone::Quiet,
            },
            muted: seen.muted.as_ref().map(words::muted).unwrap_or_default(),
            told,
            group: format::bounded(&look.group_key, 160),
            next: clock.second(look.next_at.as_millis()),
        })
    };
    looks.iter().filter_map(step).collect()
}

/// What became of the messages, in a few words for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It arrived then.
    Arrived(UnixNano),
    /// It is tried again then.
    Waits(UnixNano),
    /// It will not arrive.
    Dead,
    /// Nobody tried it yet, or nobody wrote it down.
    Unknown,
}

/// What became of a message.
pub(super) fn arrival(attempts: &[AttemptRow], id: &str) -> Arrival {
    let last = attempts.iter().rfind(|attempt| attempt.message == id);
    match last {
        None => Arrival::Unknown,
        Some(row) if row.failure.is_empty() => {
            let took = i64::try_from(row.took_ms).unwrap_or(0) * 1_000_000;
            Arrival::Arrived(UnixNano(row.at.saturating_add(took)))
        }
        Some(row) => row
            .retry_at
            .map_or(Arrival::Dead, |at| Arrival::Waits(UnixNano(at))),
    }
}

/// The answer to "why was I paged, why was I not", and how bad it is.
pub(super) fn answer(
    ctx: &Context,
    looks: &[Flush],
    fingerprint: Fingerprint,
    attempts: &[AttemptRow],
) -> (Tone, String) {
    let clock = &ctx.range.clock;
    let short = |at: UnixNano| clock.short(ctx.now_ms(), at.as_millis());
    let messages = messages(looks, fingerprint);
    if let Some(first) = messages.first() {
        let who = words::way(&first.to);
        let more = match messages.len() - 1 {
            0 => String::new(),
            n => format!(
                ", and {} after it",
                format::counted(n as u64, "message", "messages")
            ),
        };
        let decided = short(first.at);
        return match arrival(attempts, &first.id) {
            Arrival::Arrived(at) => (
                Tone::Warn,
                format!(
                    "It was told to {who}: decided {decided}, arrived {}{more}.",
                    short(at)
                ),
            ),
            Arrival::Waits(at) => (
                Tone::Bad,
                format!(
                    "It was to be told to {who} at {decided} and has not arrived yet; the next try is at {}{more}.",
                    short(at)
                ),
            ),
            Arrival::Dead => (
                Tone::Bad,
                format!("It was to be told to {who} at {decided} and never arrived{more}."),
            ),
            Arrival::Unknown => (
                Tone::Warn,
                format!("It was told to {who} at {decided}{more}; no attempt is on record."),
            ),
        };
    }
    let seen = looks.iter().find_map(|look| {
        let seen = look.seen.iter().find(|seen| seen.alert == fingerprint)?;
        Some((look, seen))
    });
    let Some((look, seen)) = seen else {
        return (Tone::Quiet, String::new());
    };
    let why = match &seen.muted {
        Some(muted) => words::muted(muted),
        None if look.told.is_empty() => {
            format!("its receiver {} reaches nobody", format::bounded(&look.receiver, 60))
        }
        None if look.told.iter().any(|told| told.outcome == Outcome::OnItsPage) => {
            "it joined an incident that had been told, and stands on its page".to_owned()
        }
        None => "its receivers knew all there was to tell, or it was over before its group was first looked at"
            .to_owned(),
    };
    (Tone::Quiet, format!("Nobody was told of it: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, context};
    use alerts::dispatch::{Muted, Seen, Told};
    use alerts::model::{Reason, Status};

    const ALERT: Fingerprint = Fingerprint(7);

    fn look(at_s: i64, muted: Option<Muted>, outcome: Outcome) -> Flush {
        let at = UnixNano(NOW.0 + at_s * 1_000_000_000);
        Flush {
            at,
            next_at: UnixNano(at.0 + 60_000_000_000),
            path: "{}".to_owned(),
            receiver: "ops".to_owned(),
            group_key: "{}:{}".to_owned(),
            seen: vec![Seen {
                alert: ALERT,
                status: Status::Firing,
                muted,
            }],
            more: 0,
            told: vec![Told {
                integration: Integration {
                    receiver: "ops".to_owned(),
                    kind: "slack".to_owned(),
                    index: 0,
                },
                reason: Reason::First,
                outcome,
                known_at: None,
            }],
        }
    }

    fn attempt(failure: &str, retry_at: Option<i64>) -> AttemptRow {
        AttemptRow {
            at: NOW.0,
            message: "ntf_1".to_owned(),
            attempt: 1,
            receiver: "ops".to_owned(),
            kind: "slack".to_owned(),
            nth: 0,
            group_key: String::new(),
            took_ms: 1_000,
            request: String::new(),
            status: None,
            failure: failure.to_owned(),
            reason: String::new(),
            retry_at,
        }
    }

    #[test]
    fn the_answer_says_who_was_told_or_what_kept_it() {
        let ctx = context("/alerts/0000000000000007", "");
        let told = [look(0, None, Outcome::Queued("ntf_1".to_owned()))];
        let silenced = Some(Muted::Silenced(vec!["s".to_owned()]));
        let joined = [look(0, None, Outcome::OnItsPage)];
        let muted = [look(0, silenced, Outcome::NothingNew)];
        for (looks, attempts, want) in [
            (
                &told[..],
                vec![attempt("", None)],
                "It was told to ops by slack: decided 12:25, arrived 12:25.",
            ),
            (
                &told,
                vec![attempt("serverError", Some(NOW.0 + 300_000_000_000))],
                "has not arrived yet; the next try is at 12:30",
            ),
            (&told, vec![attempt("gone", None)], "never arrived"),
            (&told, vec![], "no attempt is on record"),
            (&muted, vec![], "Nobody was told of it: silenced by s."),
            (&joined, vec![], "it joined an incident that had been told"),
        ] {
            let (_, said) = answer(&ctx, looks, ALERT, &attempts);
            assert!(said.contains(want), "{said}");
        }
        assert_eq!(answer(&ctx, &told, Fingerprint(8), &[]).1, "");
    }

    #[test]
    fn a_look_that_did_not_name_the_alert_or_muted_it_told_nobody_of_it() {
        let queued = || Outcome::Queued("ntf_1".to_owned());
        let silenced = Some(Muted::Silenced(vec!["s".to_owned()]));
        let looks = [look(60, None, queued()), look(0, silenced, queued())];
        assert_eq!(messages(&looks, ALERT).len(), 1);
        assert!(messages(&looks, Fingerprint(8)).is_empty());
    }
}
