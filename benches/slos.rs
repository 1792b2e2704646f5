//! What reckoning SLOs costs: see README.md.
//!
//!     cargo bench --bench slos -- [--groups N] [--runs N]

#![allow(clippy::print_stdout)] // figures are what it is for

#[allow(dead_code)] // the other bench uses all of it
#[path = "load/engine.rs"]
mod engine;

use std::time::Instant;

use analyzers::slo::alerts::State;
use analyzers::slo::catalogue::{Entry, QueriesOf, check};
use analyzers::slo::keep::reckon;
use clap::Parser;
use store::Store;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Groups with a budget of their own
    #[arg(long, default_value_t = 10_000)]
    groups: u64,
    /// How often each is measured
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// 2026-03-10T10:37Z, minutes since 1970: windows of all lengths begin within hours.
const MINUTE: i64 = 1_773_139_020 / 60;
const DAYS: i64 = 30;
/// Events of thirty days of the SLO without groups.
const EVENTS: u64 = 1_000_000_000;

fn entry(by: &str) -> anyhow::Result<Vec<Entry>> {
    let text = format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: a}}\nspec:\n  service: b\n  \
         timeWindow: [{{duration: {DAYS}d, isRolling: true}}]\n  budgetingMethod: Occurrences\n  \
         objectives: [{{target: 0.999}}]\n  indicator:\n    metadata: {{name: c}}\n    spec: \
         {{ratioMetric: {{rawType: success, raw: {{metricSource: {{type: nephoscope, spec: \
         {{indicator: availability{by}}}}}}}}}}}\n"
    );
    check("a", &text, QueriesOf::Nobody).map_err(anyhow::Error::msg)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let server = engine::Server::start().await?;
    let store = Store::new(server.url())?;
    store::migrate::migrate(&store).await?;
    let grouped = entry(", group_by: [function]")?;
    let whole = entry("")?;
    fill(&store, &grouped[0], arguments.groups, 100).await?;
    let minutes = u64::try_from(DAYS * 1_440)?;
    fill(&store, &whole[0], 1, EVENTS / minutes).await?;
    let groups = format!("{} groups, all windows and alerts", arguments.groups);
    for (what, entries) in [
        (groups.as_str(), grouped),
        ("30 days of 10^9 events", whole),
    ] {
        measure(&store, what, &entries, arguments.runs).await?;
    }
    server.stop().await
}

/// Fills hours of the period, and minutes of those hours that a window's begin divides.
async fn fill(store: &Store, entry: &Entry, groups: u64, each_minute: u64) -> anyhow::Result<()> {
    let measure = &entry
        .questions
        .as_ref()
        .map_err(|e| anyhow::anyhow!("{e}"))?[0]
        .measure;
    let first = (MINUTE - (DAYS + 1) * 1_440).div_euclid(1_440) * 1_440;
    let (so_far, _) = reckon::period(entry, MINUTE);
    let cuts = analyzers::slo::pieces::Cuts::of(&entry.plan, so_far);
    let mut hours: Vec<i64> = cuts.at.iter().map(|at| at.div_euclid(60) * 60).collect();
    hours.dedup();
    let mut rows = vec![(
        "slo_hours",
        first,
        3_600,
        (MINUTE - first) / 60,
        each_minute * 60,
    )];
    rows.extend(
        hours
            .iter()
            .map(|hour| ("slo_minutes", *hour, 60, 60, each_minute)),
    );
    for (table, from, step_s, steps, events) in rows {
        store
            .query(include_str!("slos/fill.sql"))
            .with_setting("max_partitions_per_insert_block", "1000")
            .param("table", table)
            .param("measure", measure)
            .param("groups", groups)
            .param("from_s", from * 60)
            .param("step_s", step_s)
            .param("steps", steps)
            .param("events", events)
            .execute()
            .await?;
    }
    Ok(())
}

async fn measure(store: &Store, what: &str, entries: &[Entry], runs: u32) -> anyhow::Result<()> {
    let mut figures = Vec::new();
    for _ in 0..runs {
        let begin = Instant::now();
        let groups = reckon::groups(store, entries, MINUTE).await?;
        let (so_far, _) = reckon::period(&entries[0], MINUTE);
        let rates = reckon::thresholds(&entries[0], MINUTE);
        let mut firing = 0;
        for group in &groups {
            let mut states = vec![State::default(); rates.len()];
            let line = group.line(&entries[0], so_far, &rates, &mut states);
            firing += line.alerts.iter().filter(|(firing, _)| *firing).count();
        }
        anyhow::ensure!(
            firing == 0 && !groups.is_empty(),
            "{firing} of {}",
            groups.len()
        );
        figures.push(begin.elapsed().as_millis());
    }
    figures.sort_unstable();
    let (least, most) = (figures[0], figures[figures.len() - 1]);
    println!(
        "| {what} | {} ({least} to {most}) |",
        figures[figures.len() / 2]
    );
    Ok(())
}
