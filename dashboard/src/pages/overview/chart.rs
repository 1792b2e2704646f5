//! The chart of the overview.

use std::collections::HashMap;

use store::read::fleet::FleetBucket;
use store::read::functions::FunctionRow;

use super::Known;
use crate::format;
use crate::parts::chart::{ChartView, Layer, LegendItem, Mark, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;

/// Deploys beyond this many would hide the chart behind their marks.
const MAX_MARKS: usize = 12;

pub(super) fn chart(
    ctx: &Context,
    known: &Known,
    names: &HashMap<&str, &FunctionRow>,
) -> ChartView {
    let starts = ctx.range.buckets(known.step_s);
    let found: HashMap<u32, &FleetBucket> = known
        .buckets
        .iter()
        .map(|bucket| (bucket.bucket_s, bucket))
        .collect();
    let values = |pick: fn(&FleetBucket) -> u64| -> Vec<Option<f64>> {
        starts
            .iter()
            .map(|start| found.get(start).map(|b| pick(b) as f64))
            .collect()
    };
    let errors: u64 = known.buckets.iter().map(|b| b.errors).sum();
    let total: u64 = known.buckets.iter().map(|b| b.invocations).sum();
    let marks: Vec<Mark> = known
        .deploys
        .iter()
        .rev()
        .map(|deploy| Mark {
            at_ms: deploy.at_ms,
            text: names.get(deploy.function_id.as_str()).map_or_else(
                || deploy.version.clone(),
                |f| format!("{} {}", format::bounded(&f.name, 24), deploy.version),
            ),
        })
        .collect();
    let clock = &ctx.range.clock;
    let hover = |start: &u32| {
        found.get(start).map_or(String::new(), |b| {
            format!(
                "{}  {}, {}",
                clock.day_minute(i64::from(*start) * 1000),
                format::counted(b.invocations, "invocation", "invocations"),
                format::counted(b.errors, "error", "errors")
            )
        })
    };
    let axis = TimeAxis::new(ctx.range.aligned(known.step_s), clock.clone());
    let drawing = TimeChart {
        axis: &axis,
        buckets: &starts,
        step_s: known.step_s,
        measure: Measure::Count,
        height: 150,
        layers: vec![
            Layer::Bars {
                class: "b-all",
                values: values(|b| b.invocations.saturating_sub(b.errors)),
            },
            Layer::Bars {
                class: "b-bad",
                values: values(|b| b.errors),
            },
        ],
        marks: if marks.len() <= MAX_MARKS {
            &marks
        } else {
            &[]
        },
        hovers: starts.iter().map(hover).collect(),
        summary: format!(
            "{} of all functions over time, of which {} failed.",
            format::counted(total, "invocation", "invocations"),
            format::count(errors)
        ),
    };
    ChartView {
        title: "Invocations of all functions".to_owned(),
        note: format!("per {}", format::long_duration(u64::from(known.step_s))),
        legend: vec![
            LegendItem::new("b-all", "ok", ""),
            LegendItem::new("b-bad", "failed", format::count(errors)),
        ],
        chart_svg: if total == 0 {
            Svg::new()
        } else {
            drawing.draw()
        },
        empty: "No function ran in this time.".to_owned(),
        table_href: ctx.export("csv"),
    }
}
