//! Alerts as alerting has them at this moment, asked of its owner in the same process.

use alerts::dispatch::{Machine, Muted, Stand};
use alerts::model::Alert;
use alerts::run::Handle;
use store::model::UnixNano;

use crate::web::{Context, PageError};

/// Alerts that a page takes from the owner, who sends no message meanwhile; 2,000 take him some ms.
pub(super) const ALERTS_MAX: usize = 2_000;

/// Where alerting runs elsewhere, pages say so.
pub(super) const APART: &str = "Alerting runs in another process. What stands here is what it wrote to the \
    store, a few seconds late; silences, tests and replays are made at its own address, through /api/v2.";

/// An alert, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct LiveAlert {
    pub(super) alert: Alert,
    pub(super) stand: Stand,
    pub(super) muted: Option<Muted>,
    pub(super) receivers: Vec<String>,
}

/// The way to alerting, if it runs here.
pub(super) fn handle(ctx: &Context) -> Option<&Handle> {
    ctx.app.alerting.as_ref().map(|alerting| &alerting.handle)
}

/// The same, for what cannot be done without it.
///
/// # Errors
/// [`PageError::Alerting`] says where to go.
pub(super) fn wanted(ctx: &Context) -> Result<&Handle, PageError> {
    handle(ctx).ok_or_else(|| PageError::Alerting(APART.to_owned()))
}

/// What is said where alerting runs elsewhere; empty where it runs here.
pub(super) fn apart(ctx: &Context) -> &'static str {
    match handle(ctx) {
        Some(_) => "",
        None => APART,
    }
}

/// Alerts that are not over, the newest first, and how many there are in all.
pub(super) async fn alerts(handle: &Handle) -> Result<(Vec<LiveAlert>, usize), PageError> {
    let taken = handle.look(|desk, now| {
        let machine = &desk.machine;
        let held = machine.state().alerts().values().map(|held| &held.alert);
        let mut open: Vec<&Alert> = held.filter(|alert| !alert.resolved_at(now)).collect();
        let total = open.len();
        let newest = |alert: &&Alert| (std::cmp::Reverse(alert.starts_at), alert.fingerprint);
        if total > ALERTS_MAX {
            open.select_nth_unstable_by_key(ALERTS_MAX, newest);
            open.truncate(ALERTS_MAX);
        }
        open.sort_unstable_by_key(newest);
        let stand = |alert: &Alert| of(machine, alert, now);
        (open.into_iter().map(stand).collect(), total)
    });
    Ok(taken.await?)
}

/// Where an alert stands now.
pub(super) fn of(machine: &Machine, alert: &Alert, now: UnixNano) -> LiveAlert {
    let muted = machine.muted_now(&alert.labels, now);
    let tree = &machine.routing().tree;
    let mut receivers: Vec<String> = Vec::new();
    for id in tree.routes(&alert.labels) {
        let name = &tree.node(id).options.receiver;
        if !receivers.contains(name) {
            receivers.push(name.clone());
        }
    }
    LiveAlert {
        stand: Stand::of(alert.status_at(now), muted.as_ref()),
        muted,
        receivers,
        alert: alert.clone(),
    }
}
