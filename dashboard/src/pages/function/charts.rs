//! The charts of a function.

use std::collections::HashMap;

use serde::Serialize;
use store::read::Quantiles;
use store::read::function::{FunctionBucket, SHAPE_LEVELS, VersionRow};

use super::{Known, Totals};
use crate::format;
use crate::pages::deploys::marks::of_function;
use crate::parts::chart::{ChartView, Dot, Layer, LegendItem, Mark, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::parts::shape::{LogAxis, hill, ruler};
use crate::web::Context;

/// Height of a chart's plot, px.
const HEIGHT: u32 = 132;
/// Versions compared by their shape.
const SHAPES: usize = 4;

/// All drawings of the page.
#[derive(Serialize)]
pub(super) struct Charts {
    traffic: ChartView,
    duration: ChartView,
    cold: ChartView,
    init_shapes: Shapes,
    duration_shapes: Shapes,
}

/// One distribution per version over a shared axis.
#[derive(Serialize)]
struct Shapes {
    title: &'static str,
    note: String,
    rows: Vec<ShapeRow>,
    ruler_svg: Svg,
    empty: &'static str,
}

#[derive(Serialize)]
struct ShapeRow {
    version: String,
    remark: String,
    shape_svg: Svg,
    p50: String,
    p95: String,
}

struct Page<'a> {
    ctx: &'a Context,
    axis: TimeAxis,
    step_s: u32,
    buckets: Vec<u32>,
    by_bucket: Vec<Option<&'a FunctionBucket>>,
    marks: Vec<Mark>,
}

pub(super) fn charts(ctx: &Context, known: &Known, step_s: u32) -> Charts {
    let buckets = ctx.range.buckets(step_s);
    let found: HashMap<u32, &FunctionBucket> = known
        .buckets
        .iter()
        .map(|bucket| (bucket.bucket_s, bucket))
        .collect();
    let page = Page {
        ctx,
        axis: TimeAxis::new(ctx.range.aligned(step_s), ctx.range.clock.clone()),
        step_s,
        by_bucket: buckets
            .iter()
            .map(|start| found.get(start).copied())
            .collect(),
        buckets,
        marks: of_function(&known.deploys),
    };
    Charts {
        traffic: page.traffic(known),
        duration: page.duration(known),
        cold: page.cold_starts(known),
        init_shapes: shapes(
            "Start-up by version",
            "no cold start with a measured start-up in this time",
            &known.versions,
            |version| {
                (
                    &version.init,
                    version.init_count,
                    "cold start",
                    "cold starts",
                )
            },
        ),
        duration_shapes: shapes(
            "Duration by version",
            "no duration is known in this time",
            &known.versions,
            |version| {
                (
                    &version.duration,
                    version.invocations,
                    "invocation",
                    "invocations",
                )
            },
        ),
    }
}

impl Page<'_> {
    fn values(&self, pick: impl Fn(&FunctionBucket) -> Option<f64>) -> Vec<Option<f64>> {
        self.by_bucket
            .iter()
            .map(|bucket| bucket.and_then(&pick))
            .collect()
    }

    /// As [`Page::values`] without the bucket that is still filling: percentiles of its first few
    /// invocations would look like a fall.
    fn settled(&self, pick: impl Fn(&FunctionBucket) -> Option<f64>) -> Vec<Option<f64>> {
        let mut values = self.values(pick);
        let end_s = self
            .buckets
            .last()
            .map_or(0, |b| i64::from(*b) + i64::from(self.step_s));
        if end_s > self.ctx.window().to.as_secs()
            && let Some(last) = values.last_mut()
        {
            *last = None;
        }
        values
    }

    fn hovers(&self, say: impl Fn(&FunctionBucket) -> String) -> Vec<String> {
        let clock = &self.ctx.range.clock;
        let told = |(start, bucket): (&u32, &Option<&FunctionBucket>)| {
            bucket.map_or(String::new(), |bucket| {
                format!(
                    "{}  {}",
                    clock.day_minute(i64::from(*start) * 1000),
                    say(bucket)
                )
            })
        };
        self.buckets.iter().zip(&self.by_bucket).map(told).collect()
    }

    fn draw(
        &self,
        measure: Measure,
        layers: Vec<Layer>,
        hovers: Vec<String>,
        summary: String,
    ) -> Svg {
        TimeChart {
            axis: &self.axis,
            buckets: &self.buckets,
            step_s: self.step_s,
            measure,
            height: HEIGHT,
            layers,
            marks: &self.marks,
            hovers,
            summary,
        }
        .draw()
    }

    fn table(&self, name: &str) -> String {
        let export = self.ctx.export("csv");
        let separator = if export.contains('?') { '&' } else { '?' };
        format!("{export}{separator}table={name}")
    }

    fn traffic(&self, known: &Known) -> ChartView {
        let totals = Totals::of(&known.buckets);
        let good = self.values(|b| Some((b.invocations - b.errors.min(b.invocations)) as f64));
        let layers = vec![
            Layer::Bars {
                class: "b-all",
                values: good,
            },
            Layer::Bars {
                class: "b-bad",
                values: self.values(|b| Some(b.errors as f64)),
            },
        ];
        let hovers = self.hovers(|b| {
            let errors = format::counted(b.errors, "error", "errors");
            format!(
                "{}, {errors}",
                format::counted(b.invocations, "invocation", "invocations")
            )
        });
        let summary = format!(
            "{} over {}, of which {} failed.",
            format::counted(totals.invocations, "invocation", "invocations"),
            self.ctx.range.phrase(),
            format::count(totals.errors)
        );
        ChartView {
            title: "Invocations".to_owned(),
            note: format!("per {}", format::long_duration(u64::from(self.step_s))),
            legend: vec![
                LegendItem::new("b-all", "ok", ""),
                LegendItem::new("b-bad", "failed", format::count(totals.errors)),
            ],
            chart_svg: if known.buckets.is_empty() {
                Svg::new()
            } else {
                self.draw(Measure::Count, layers, hovers, summary)
            },
            empty: "No invocation in this time.".to_owned(),
            table_href: self.table("timeline"),
        }
    }

    fn duration(&self, known: &Known) -> ChartView {
        let at = |pick: fn(&Quantiles) -> Option<f64>| {
            self.settled(|b| pick(&Quantiles::from_sketch(&b.duration)))
        };
        let (p50, p95, p99) = (at(|q| q.p50), at(|q| q.p95), at(|q| q.p99));
        let any = p50.iter().any(Option::is_some);
        let hovers = self.hovers(|b| {
            let q = Quantiles::from_sketch(&b.duration);
            format!(
                "p50 {}, p95 {}, p99 {}",
                format::maybe_duration_ms(q.p50),
                format::maybe_duration_ms(q.p95),
                format::maybe_duration_ms(q.p99)
            )
        });
        let q = known.quantiles;
        let figures = [q.p50, q.p95, q.p99].map(format::maybe_duration_ms);
        let summary = format!(
            "Duration over time: median {}, 95th percentile {}, 99th percentile {}.",
            figures[0], figures[1], figures[2]
        );
        let [f50, f95, f99] = figures;
        let layers = vec![
            Layer::Line {
                class: "l-3",
                values: p99,
            },
            Layer::Line {
                class: "l-1",
                values: p50,
            },
            Layer::Line {
                class: "l-2",
                values: p95,
            },
        ];
        ChartView {
            title: "Duration".to_owned(),
            note: String::new(),
            legend: vec![
                LegendItem::new("l-1", "p50", f50),
                LegendItem::new("l-2", "p95", f95),
                LegendItem::new("l-3", "p99", f99),
            ],
            chart_svg: if any {
                self.draw(Measure::Millis, layers, hovers, summary)
            } else {
                Svg::new()
            },
            empty: "No duration is known in this time.".to_owned(),
            table_href: self.table("timeline"),
        }
    }

    fn cold_starts(&self, known: &Known) -> ChartView {
        let newest = known.versions.first().map(|v| v.version.as_str());
        let several = known.versions.len() > 1;
        let clock = &self.ctx.range.clock;
        let dots: Vec<Dot> = known
            .cold_starts
            .iter()
            .map(|start| Dot {
                at_ms: start.at_ms,
                value: start.init_ms,
                title: format!(
                    "{}  {}, version {}",
                    clock.day_minute(start.at_ms),
                    format::duration_ms(start.init_ms),
                    format::bounded(&start.version, 40)
                ),
                href: if start.trace_id.is_empty() {
                    String::new()
                } else {
                    self.ctx.link(&format!("/traces/{}", start.trace_id), &[])
                },
                class: if several && Some(start.version.as_str()) != newest {
                    "dot-old"
                } else {
                    "dot"
                },
            })
            .collect();
        let all = dots.len() as u64;
        let summary = format!(
            "{} over time by start-up duration; each dot leads to its trace.",
            format::counted(all, "cold start", "cold starts")
        );
        let mut legend = vec![LegendItem::new(
            "dot",
            newest.map_or("cold start".to_owned(), |v| {
                format!("version {}", format::bounded(v, 16))
            }),
            "",
        )];
        if several {
            legend.push(LegendItem::new("dot-old", "before", ""));
        }
        ChartView {
            title: "Cold starts".to_owned(),
            note: if all >= 600 {
                "the newest 600".to_owned()
            } else {
                String::new()
            },
            legend: if all == 0 { Vec::new() } else { legend },
            chart_svg: if dots.is_empty() {
                Svg::new()
            } else {
                self.draw(
                    Measure::Millis,
                    vec![Layer::Dots(dots)],
                    Vec::new(),
                    summary,
                )
            },
            empty: "No cold start with a measured start-up in this time.".to_owned(),
            table_href: self.table("cold_starts"),
        }
    }
}

fn shapes<'a>(
    title: &'static str,
    empty: &'static str,
    versions: &'a [VersionRow],
    pick: impl Fn(&'a VersionRow) -> (&'a Vec<f64>, u64, &'static str, &'static str),
) -> Shapes {
    let chosen: Vec<&VersionRow> = versions
        .iter()
        .filter(|v| median(pick(v).0).is_some())
        .take(SHAPES)
        .collect();
    // From the first to the 99th percentile: the very ends would squeeze everything else.
    let inner = |v: &&'a VersionRow| {
        let quantiles = pick(v).0;
        [quantiles[1], quantiles[quantiles.len() - 2]]
    };
    let axis = LogAxis::around(chosen.iter().flat_map(inner));
    // Few versions get higher hills: the card has the room of the chart beside it.
    let height = [76.0, 52.0, 34.0, 26.0][chosen.len().clamp(1, SHAPES) - 1];
    let rows = chosen.iter().enumerate().filter_map(|(i, version)| {
        let (quantiles, n, one, many) = pick(version);
        let q = |level| format::maybe_duration_ms(quantile(quantiles, level));
        let name = format::bounded(&version.version, 40);
        let title = format!("version {name}: median {}, p95 {}", q(0.5), q(0.95));
        Some(ShapeRow {
            remark: format::counted(n, one, many),
            shape_svg: hill(
                axis?,
                &SHAPE_LEVELS,
                quantiles,
                height,
                if i == 0 { "hill on" } else { "hill" },
                &title,
            ),
            version: if name.is_empty() {
                "not told".to_owned()
            } else {
                name
            },
            p50: q(0.5),
            p95: q(0.95),
        })
    });
    Shapes {
        title,
        note: if versions.len() > SHAPES {
            format!("the newest {SHAPES}")
        } else {
            String::new()
        },
        rows: rows.collect(),
        ruler_svg: axis
            .map(|axis| ruler(axis, &Measure::Millis))
            .unwrap_or_default(),
        empty,
    }
}

/// The quantile at a level of [`SHAPE_LEVELS`].
pub(super) fn quantile(quantiles: &[f64], level: f64) -> Option<f64> {
    let i = SHAPE_LEVELS.iter().position(|l| (l - level).abs() < 1e-9)?;
    quantiles.get(i).copied().filter(|q| q.is_finite())
}

pub(super) fn median(quantiles: &[f64]) -> Option<f64> {
    quantile(quantiles, 0.5)
}
