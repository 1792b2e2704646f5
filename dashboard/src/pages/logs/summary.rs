//! What is said and drawn about all records that match.

use store::read::logs::{LogBucket, LogFilter, LogLine};

use super::line::{function_href, source};
use crate::format::{self, Clock};
use crate::parts::chart::{ChartView, Layer, LegendItem, Mark, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;
use crate::web::frame::{Sentence, Tone};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) records: u64,
    pub(super) warnings: u64,
    pub(super) errors: u64,
}

impl Totals {
    pub(super) fn of(buckets: &[LogBucket]) -> Self {
        buckets.iter().fold(Self::default(), |sum, bucket| Self {
            records: sum.records + bucket.records,
            warnings: sum.warnings + bucket.warnings,
            errors: sum.errors + bucket.errors,
        })
    }
}

pub(super) fn sentence(
    ctx: &Context,
    filter: &LogFilter,
    totals: Totals,
    newest_error: Option<&LogLine>,
) -> Sentence {
    let filtered = *filter != LogFilter::default();
    if totals.records == 0 {
        return Sentence::new(Tone::Quiet).say(if filtered {
            format!("No log record of {} matches.", ctx.range.phrase())
        } else {
            format!("No log record arrived in {}.", ctx.range.phrase())
        });
    }
    let records = format::counted(totals.records, "log record", "log records");
    let verb = match (filtered, totals.records) {
        (true, 1) => " matches",
        (true, _) => " match",
        _ => " arrived",
    };
    let mut sentence = Sentence::new(Tone::Quiet).say(format!("{records}{verb}"));
    let Some(error) = newest_error.filter(|_| totals.errors > 0) else {
        return sentence.say("; none is an error.");
    };
    sentence.tone = if totals.errors * 100 > totals.records {
        Tone::Warn
    } else {
        Tone::Quiet
    };
    let only_errors = filter.min_severity >= 17;
    if !only_errors {
        let verb = if totals.errors == 1 {
            "is an error"
        } else {
            "are errors"
        };
        sentence = sentence.say("; ").link(
            format!("{} {verb}", format::count(totals.errors)),
            ctx.here(&[("severity", "error"), ("before", ""), ("after", "")]),
        );
    }
    let ago = format::ago(ctx.now_ms(), error.at_ns.div_euclid(1_000_000));
    sentence = sentence.say(if only_errors {
        "; the newest "
    } else {
        ", the newest "
    });
    let source = source(error);
    if !source.is_empty() {
        sentence = sentence
            .say("from ")
            .name(&source, function_href(ctx, error))
            .say(" ");
    }
    sentence.say(format!("{ago}."))
}

pub(super) fn chart(
    ctx: &Context,
    (buckets, marks): (&[LogBucket], &[Mark]),
    step_s: u32,
    totals: Totals,
) -> ChartView {
    let starts = ctx.range.buckets(step_s);
    let axis = TimeAxis::new(ctx.range.aligned(step_s), ctx.range.clock.clone());
    let at = |start: &u32| buckets.iter().find(|bucket| bucket.bucket_s == *start);
    let values = |pick: fn(&LogBucket) -> u64| -> Vec<Option<f64>> {
        starts
            .iter()
            .map(|start| at(start).map(|bucket| pick(bucket) as f64))
            .collect()
    };
    let clock = &ctx.range.clock;
    let hover = |start: &u32| at(start).map_or(String::new(), |b| hover(clock, b));
    let drawing = TimeChart {
        axis: &axis,
        buckets: &starts,
        step_s,
        measure: Measure::Count,
        height: 64,
        layers: vec![
            Layer::Bars {
                class: "b-all",
                values: values(|b| b.records.saturating_sub(b.errors + b.warnings)),
            },
            Layer::Bars {
                class: "b-warn",
                values: values(|b| b.warnings),
            },
            Layer::Bars {
                class: "b-bad",
                values: values(|b| b.errors),
            },
        ],
        marks,
        hovers: starts.iter().map(hover).collect(),
        summary: format!(
            "{} over time, of which {} warnings and {} errors.",
            format::counted(totals.records, "record", "records"),
            totals.warnings,
            totals.errors
        ),
    };
    ChartView {
        title: "Records".to_owned(),
        note: format!("per {}", format::long_duration(u64::from(step_s))),
        legend: vec![
            LegendItem::new("b-all", "other", ""),
            LegendItem::new("b-warn", "warnings", format::count(totals.warnings)),
            LegendItem::new("b-bad", "errors", format::count(totals.errors)),
        ],
        chart_svg: if totals.records == 0 {
            Svg::new()
        } else {
            drawing.draw()
        },
        empty: "No record in this time.".to_owned(),
        table_href: String::new(),
    }
}

fn hover(clock: &Clock, bucket: &LogBucket) -> String {
    format!(
        "{}  {}, {} and {}",
        clock.day_minute(i64::from(bucket.bucket_s) * 1000),
        format::counted(bucket.records, "record", "records"),
        format::counted(bucket.warnings, "warning", "warnings"),
        format::counted(bucket.errors, "error", "errors"),
    )
}
