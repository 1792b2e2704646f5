//! The chart of the overview.

use std::collections::HashMap;

use store::read::fleet::FleetBucket;

use super::Known;
use crate::format::{self, Clock};
use crate::pages::deploys::marks::of_fleet;
use crate::parts::chart::{ChartView, Layer, LegendItem, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;

pub(super) fn chart(ctx: &Context, known: &Known) -> ChartView {
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
    let marks = of_fleet(&known.deploys);
    let clock = &ctx.range.clock;
    let hover = |start: &u32| found.get(start).map_or(String::new(), |b| hover(clock, b));
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
        marks: &marks,
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

fn hover(clock: &Clock, bucket: &FleetBucket) -> String {
    format!(
        "{}  {}, {}",
        clock.day_minute(i64::from(bucket.bucket_s) * 1000),
        format::counted(bucket.invocations, "invocation", "invocations"),
        format::counted(bucket.errors, "error", "errors")
    )
}
