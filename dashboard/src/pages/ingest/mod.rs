//! Ingest: what arrives, what is refused, what waits, and how late it is.
//!
//! The numbers are the collectors' own metrics in the store. The collector of this process is asked
//! directly as well, so that the page tells the truth while the store does not answer.

mod charts;
mod history;
mod overflow;
mod reasons;
mod senders;
mod sentence;
mod standing;
mod tables;
#[cfg(test)]
mod tests;
mod verdict;

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use store::StoreError;
use store::read::ingest;

pub use overflow::explains_limit;
pub use reasons::explains_refusal;

use self::charts::Charts;
use self::history::{History, SIGNALS};
use self::overflow::OverflowView;
use self::senders::SenderView;
use self::standing::{Standing, standings, together};
use self::tables::{InstanceView, RefusedView, SignalView};
use self::verdict::{Facts, Trouble, Verdict};
use crate::live::Live;
use crate::web::frame::Frame;
use crate::web::{Context, Format, PageError, Reply, Table};

/// The parameter that chooses one collector.
const INSTANCE: &str = "instance";
/// Buckets of a chart.
const BUCKETS: u32 = 100;
/// A store that takes longer is away, as far as this page goes: its figures come from elsewhere then.
const STORE_PATIENCE: Duration = Duration::from_secs(3);

/// Of the table for programs, a row per signal.
const COLUMNS: [&str; 15] = [
    "signal",
    "accepted",
    "accepted_per_s",
    "rejected",
    "requests_refused",
    "requests_repeated",
    "shipped",
    "kept_aside",
    "waiting_requests",
    "waiting_bytes",
    "lag_ms",
    "delay_ms",
    "spool_bytes",
    "spool_limit_bytes",
    "bytes_per_item",
];

#[derive(Serialize)]
struct IngestView {
    /// Nobody told anything: what to do about it.
    nobody: bool,
    /// The collector here is told not to write its own metrics.
    switched_off: bool,
    /// Since when the counts are taken: the range, or the start of the collector.
    since: String,
    /// The store does not answer; the charts are not to be had.
    away: bool,
    /// A limit cut what was read.
    cut: bool,
    /// This dashboard runs without a collector; how old the figures are.
    from_afar: String,
    signals: Vec<SignalView>,
    refused: Vec<RefusedView>,
    /// Limits reached, and how many more there are than rows.
    limits: Vec<OverflowView>,
    limits_left_out: usize,
    /// When the counts by key began.
    since_start: String,
    senders: Vec<SenderView>,
    senders_left_out: usize,
    charts: Option<Charts>,
    instances: Vec<InstanceView>,
    /// The one collector that is shown, and the way back to all; else empty.
    only: String,
    all_href: String,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let only = ctx.params.text(INSTANCE);
    let live = match ctx.range.is_live() {
        true => (ctx.app.live)(ctx.now).filter(|live| is_wanted(&only, &live.instance)),
        false => None,
    };
    let asked = tokio::time::timeout(STORE_PATIENCE, ask(ctx)).await;
    let history = match (asked, &live) {
        (Ok(Ok(history)), _) => Some(history),
        (Ok(Err(error)), None) => return Err(error.into()),
        (Ok(Err(error)), Some(_)) => {
            tracing::warn!(%error, "the Ingest page does without the store");
            None
        }
        // Without a collector here there is nothing to tell: wait as long as any page does.
        (Err(_), None) => Some(ask(ctx).await?),
        (Err(_), Some(_)) => None,
    };
    reply(ctx, history.as_ref(), live.as_ref())
}

/// Whether a collector is to be shown: all are, unless one is chosen.
fn is_wanted(only: &str, instance: &str) -> bool {
    only.is_empty() || only == instance
}

async fn ask(ctx: &Context) -> Result<History, StoreError> {
    let step_s = ctx.range.step_s(BUCKETS);
    let window = ctx.range.aligned(step_s);
    let store = ctx.store();
    let (mut sums, mut gauges, mut instances) = tokio::try_join!(
        ingest::sums(store, window, step_s),
        ingest::gauges(store, window, step_s),
        ingest::instances(store, window),
    )?;
    let only = ctx.params.text(INSTANCE);
    sums.retain(|row| is_wanted(&only, &row.instance));
    gauges.retain(|row| is_wanted(&only, &row.instance));
    instances.retain(|row| is_wanted(&only, &row.instance));
    let time = (step_s, ctx.range.buckets(step_s), window.from.0);
    Ok(History::new(sums, gauges, instances, time))
}

fn reply(
    ctx: &Context,
    history: Option<&History>,
    live: Option<&Live>,
) -> Result<Reply, PageError> {
    let at_ms = ctx.window().to.as_millis().min(ctx.now_ms());
    let standings = standings(history, live, at_ms);
    let facts = Facts {
        history,
        live,
        standings: &standings,
        at_ms,
    };
    let verdict = facts.judge();
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&facts, &verdict)));
    }
    let nobody = standings.is_empty();
    let since = match (history, live) {
        (None, Some(live)) => {
            let start = ctx.range.clock.short(ctx.now_ms(), live.started_ms);
            format!("since the collector's start at {start}")
        }
        _ => format!("in {}", ctx.range.phrase()),
    };
    let sentence = match nobody {
        true => sentence::of_nobody(ctx),
        false => sentence::sentence(ctx, &verdict, &since),
    };
    let (limits, limits_left_out) = overflow::views(ctx, &verdict.overflow);
    let (senders, senders_left_out) = senders::views(&senders::senders(live));
    let view = IngestView {
        nobody,
        switched_off: live.is_some_and(|live| live.interval_ms == 0),
        since,
        away: matches!(verdict.trouble, Some(Trouble::Away { .. })),
        cut: history.is_some_and(|history| history.cut),
        from_afar: from_afar(ctx, &standings, live),
        signals: tables::signals(ctx, &facts, &verdict),
        refused: tables::refused_views(ctx, &tables::refusals(&facts)),
        limits,
        limits_left_out,
        since_start: live.map_or_else(String::new, |live| {
            ctx.range.clock.short(ctx.now_ms(), live.started_ms)
        }),
        senders,
        senders_left_out,
        charts: history.map(|history| charts::charts(ctx, history)),
        instances: tables::instances(ctx, &facts),
        only: only(ctx, &standings),
        all_href: ctx.here(&[(INSTANCE, "")]),
    };
    Reply::page(
        "ingest/page.html",
        Frame::new(ctx, "Ingest", sentence),
        &view,
    )
}

/// What the chosen collector is called; empty when none was chosen.
fn only(ctx: &Context, standings: &[Standing]) -> String {
    let chosen = ctx.params.text(INSTANCE);
    let known = standings.iter().find(|s| s.instance == chosen);
    known.map_or_else(|| crate::format::bounded(&chosen, 64), tables::name)
}

/// How old the figures are where no collector runs in this process; else nothing.
fn from_afar(ctx: &Context, standings: &[Standing], live: Option<&Live>) -> String {
    let newest = standings.iter().map(|standing| standing.last_ms).max();
    match (live, newest) {
        (None, Some(newest)) if ctx.range.is_live() => crate::format::ago(ctx.now_ms(), newest),
        _ => String::new(),
    }
}

fn table(facts: &Facts<'_>, verdict: &Verdict) -> Table {
    let mut table = Table::new("signals", &COLUMNS);
    for (i, (signal, _, _)) in SIGNALS.into_iter().enumerate() {
        let counts = tables::counted(facts, i);
        let queue = together(facts.standings, i);
        table.row(vec![
            signal.into(),
            counts.accepted.into(),
            verdict.rates[i].into(),
            counts.rejected.into(),
            counts.refused.into(),
            counts.repeated.into(),
            counts.shipped.into(),
            counts.kept_aside.into(),
            queue.requests.into(),
            queue.bytes.into(),
            queue.lag_ms.into(),
            queue.delay_ms.into(),
            queue.used_bytes.into(),
            queue.limit_bytes.into(),
            counts.bytes_per_item().into(),
        ]);
    }
    let refused = tables::refusals(facts).into_iter().map(|refused| {
        json!({"signal": refused.signal, "reason": refused.reason, "count": refused.count,
               "last_bucket_s": refused.last_s})
    });
    let instances = facts.standings.iter().map(|standing| {
        json!({"instance": standing.instance, "host": standing.host,
               "version": standing.version, "last_ms": standing.last_ms,
               "there": standing.counts()})
    });
    // Without the store the counts are those of the collector here, since its start.
    let since_ms = match (facts.history, facts.live) {
        (None, Some(live)) => json!(live.started_ms),
        _ => json!(null),
    };
    let senders = senders::senders(facts.live);
    let cut = facts.history.is_some_and(|history| history.cut)
        || overflow::is_cut(&verdict.overflow)
        || senders::is_cut(&senders);
    table
        .truncated(cut)
        .with("limits_reached", overflow::json(&verdict.overflow))
        .with("senders", senders::json(&senders))
        .with("counts_since_start_ms", since_ms)
        .with("refused", refused.collect())
        .with("instances", instances.collect())
        .with("store_answers", facts.history.is_some().into())
        .with(
            "clickhouse_away",
            matches!(verdict.trouble, Some(Trouble::Away { .. })).into(),
        )
}
