//! The charts of one metric, and what is said first.

use store::read::series::{ExemplarPoint, Kind, MAX_POINTS};

use super::lines::Set;
use super::one::{COLOURS, Known, MAX_LINES, quantile_name, set_name};
use crate::format;
use crate::parts::chart::{ChartView, Dot, Layer, LegendItem, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;
use crate::web::frame::{Sentence, Tone};

const QUANTILES: [&str; 3] = ["l-1", "l-2", "l-3"];

pub(super) fn chart(ctx: &Context, known: &Known, drawn: &[(usize, &Set)]) -> ChartView {
    let buckets = ctx.range.buckets(known.step_s);
    let (mut layers, mut legend) = lines(known, drawn);
    let dots = exemplar_dots(ctx, known);
    if !dots.is_empty() {
        legend.push(LegendItem::new("dot", "leads to a trace", ""));
        layers.push(Layer::Dots(dots));
    }
    let hovers = hovers(ctx, known, &buckets, drawn);
    let axis = TimeAxis::new(ctx.range.aligned(known.step_s), ctx.range.clock.clone());
    let any = drawn
        .iter()
        .any(|(_, set)| set.lines.iter().flatten().any(Option::is_some));
    let drawing = TimeChart {
        axis: &axis,
        buckets: &buckets,
        step_s: known.step_s,
        measure: Measure::Unit(known.row.unit.clone()),
        height: 240,
        layers,
        marks: &known.marks,
        hovers,
        summary: format!(
            "{} over time, {} of {} attribute sets.",
            format::bounded(&known.row.name, 90),
            drawn.len(),
            known.sets.len()
        ),
    };
    ChartView {
        title: if known.per.is_empty() {
            format::bounded(&known.row.name, 90)
        } else {
            format!("{}, {}", format::bounded(&known.row.name, 90), known.per)
        },
        note: chart_note(known, drawn),
        legend,
        chart_svg: if any { drawing.draw() } else { Svg::new() },
        empty: "No value in this time.".to_owned(),
        table_href: ctx.export("csv"),
    }
}

/// The lines of the chosen sets, and what they are called.
fn lines(known: &Known, drawn: &[(usize, &Set)]) -> (Vec<Layer>, Vec<LegendItem>) {
    let mut layers = Vec::new();
    let mut legend = Vec::new();
    for (i, set) in drawn {
        for (j, line) in set.lines.iter().enumerate() {
            let class = if known.is_distribution() {
                QUANTILES
                    .get(j)
                    .or(COLOURS.get(j))
                    .copied()
                    .unwrap_or("l-s8")
            } else {
                COLOURS[i % MAX_LINES]
            };
            layers.push(Layer::Line {
                class,
                values: line.clone(),
            });
            let (name, value) = match set.levels.get(j) {
                Some(level) => (
                    quantile_name(*level),
                    known.write(set.overall.get(j).copied().flatten()),
                ),
                None => (set_name(&set.attributes), known.write(set.last())),
            };
            let value = if value == format::UNKNOWN {
                String::new()
            } else {
                value
            };
            legend.push(LegendItem::new(class, format::bounded(&name, 48), value));
        }
    }
    (layers, legend)
}

fn chart_note(known: &Known, drawn: &[(usize, &Set)]) -> String {
    if known.full {
        return format!("the first {} points", format::count(u64::from(MAX_POINTS)));
    }
    match (known.is_distribution(), known.sets.len()) {
        (true, 2..) => drawn
            .first()
            .map_or(String::new(), |(_, set)| set_name(&set.attributes)),
        (false, n) if n > MAX_LINES && drawn.len() == MAX_LINES => {
            format!("the largest {MAX_LINES} of {n}")
        }
        _ => String::new(),
    }
}

fn hovers(ctx: &Context, known: &Known, buckets: &[u32], drawn: &[(usize, &Set)]) -> Vec<String> {
    let say = |(i, start): (usize, &u32)| {
        let told: Vec<String> = drawn
            .iter()
            .flat_map(|(_, set)| {
                set.lines.iter().enumerate().filter_map(move |(j, line)| {
                    let value = line.get(i).copied().flatten()?;
                    let name = match set.levels.get(j) {
                        Some(level) => quantile_name(*level),
                        None => format::bounded(&set_name(&set.attributes), 40),
                    };
                    Some(format!("{name} {}", known.write(Some(value))))
                })
            })
            .collect();
        if told.is_empty() {
            return String::new();
        }
        let at = ctx.range.clock.day_minute(i64::from(*start) * 1000);
        format!("{at}\n{}", told.join("\n"))
    };
    buckets.iter().enumerate().map(say).collect()
}

fn exemplar_dots(ctx: &Context, known: &Known) -> Vec<Dot> {
    let dot = |exemplar: &ExemplarPoint| Dot {
        at_ms: exemplar.at_ms,
        value: exemplar.value,
        title: format!(
            "{}  {}",
            ctx.range.clock.second(exemplar.at_ms),
            known.write(Some(exemplar.value))
        ),
        href: ctx.link(
            &format!("/traces/{}", crate::web::link::segment(&exemplar.trace_id)),
            &[],
        ),
        class: "dot",
    };
    known
        .exemplars
        .iter()
        .filter(|e| e.value.is_finite())
        .map(dot)
        .collect()
}

pub(super) fn counts_chart(ctx: &Context, known: &Known, drawn: &[(usize, &Set)]) -> ChartView {
    let buckets = ctx.range.buckets(known.step_s);
    let values = drawn
        .first()
        .map_or(Vec::new(), |(_, set)| set.counts.clone());
    let total: f64 = values.iter().flatten().sum();
    let hovers = buckets.iter().zip(&values).map(|(start, value)| {
        value.map_or(String::new(), |value| {
            let at = ctx.range.clock.day_minute(i64::from(*start) * 1000);
            format!("{at}  {} observed", format::number(value))
        })
    });
    let axis = TimeAxis::new(ctx.range.aligned(known.step_s), ctx.range.clock.clone());
    let drawing = TimeChart {
        axis: &axis,
        buckets: &buckets,
        step_s: known.step_s,
        measure: Measure::Count,
        height: 72,
        hovers: hovers.collect(),
        layers: vec![Layer::Bars {
            class: "b-all",
            values,
        }],
        marks: &known.marks,
        summary: format!("{} values observed over time.", format::number(total)),
    };
    ChartView {
        title: "Observed".to_owned(),
        note: format!(
            "values per {}",
            format::long_duration(u64::from(known.step_s))
        ),
        legend: Vec::new(),
        chart_svg: if total > 0.0 {
            drawing.draw()
        } else {
            Svg::new()
        },
        empty: "Nothing was observed in this time.".to_owned(),
        table_href: String::new(),
    }
}

pub(super) fn sentence(ctx: &Context, known: &Known) -> Sentence {
    let sentence = Sentence::new(Tone::Quiet).name(&known.row.name, "");
    let Some(set) = known.sets.first() else {
        return sentence.say(" has no value in this time.");
    };
    let told = match known.kind {
        Kind::Histogram | Kind::ExpHistogram => format!(
            ": half of {} observed lie below {}, 19 of 20 below {}",
            format::number(set.count()),
            known.write(set.overall.first().copied().flatten()),
            known.write(set.overall.get(1).copied().flatten())
        ),
        Kind::Summary => {
            let last = |line: &Vec<Option<f64>>| line.iter().rev().flatten().next().copied();
            let level = set.levels.last().copied().unwrap_or(0.5);
            let value = set.lines.last().and_then(last);
            format!(
                ": its {} was last {}",
                quantile_name(level),
                known.write(value)
            )
        }
        _ => {
            let (low, high) = set.extent().unzip();
            let per = if known.per.is_empty() {
                String::new()
            } else {
                format!(" {}", known.per)
            };
            format!(
                " was last {}{per}, and between {} and {} in {}",
                known.write(set.last()),
                known.write(low),
                known.write(high),
                ctx.range.phrase()
            )
        }
    };
    let largest = if known.sets.len() > 1 {
        format!(" (the largest of {} attribute sets)", known.sets.len())
    } else {
        String::new()
    };
    sentence.say(format!("{told}{largest}."))
}
