//! The charts of the page, all over the same time axis.

use serde::Serialize;
use store::model::observation as names;

use super::history::{History, SIGNALS};
use crate::format;
use crate::parts::chart::{ChartView, Layer, LegendItem, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;

const LINES: [&str; 3] = ["l-s1", "l-s2", "l-s3"];

#[derive(Serialize)]
pub(super) struct Charts {
    arrivals: Vec<ChartView>,
    refused: Option<ChartView>,
    lag: ChartView,
    spool: ChartView,
}

type Values = Vec<Option<f64>>;

/// What the charts share.
struct Paper<'a> {
    ctx: &'a Context,
    history: &'a History,
    axis: TimeAxis,
}

/// One chart before drawing.
struct Sketch<'a> {
    title: String,
    note: String,
    legend: Vec<LegendItem>,
    layers: Vec<Layer>,
    /// What a bucket says: a name for each line of values.
    told: Vec<(&'a str, Values)>,
    measure: Measure,
    height: u32,
    summary: String,
}

pub(super) fn charts(ctx: &Context, history: &History) -> Charts {
    let paper = Paper {
        ctx,
        history,
        axis: TimeAxis::new(ctx.range.aligned(history.step_s), ctx.range.clock.clone()),
    };
    Charts {
        arrivals: (0..SIGNALS.len()).map(|i| paper.arrivals(i)).collect(),
        refused: paper.refused(),
        lag: paper.lag(),
        spool: paper.spool(),
    }
}

fn most(values: &Values) -> Option<f64> {
    values.iter().flatten().copied().reduce(f64::max)
}

fn latest(values: &Values) -> Option<f64> {
    values.iter().rev().flatten().next().copied()
}

impl Paper<'_> {
    fn arrivals(&self, i: usize) -> ChartView {
        let (signal, _, many) = SIGNALS[i];
        let accepted = self.history.line(names::ITEMS_ACCEPTED, Some(signal));
        let rejected = self.history.line(names::ITEMS_REJECTED, Some(signal));
        let total = self.history.total(names::ITEMS_ACCEPTED, Some(signal));
        let refused = self.history.total(names::ITEMS_REJECTED, Some(signal));
        let mut legend = vec![LegendItem::new("b-all", "accepted", format::count(total))];
        if refused > 0 {
            legend.push(LegendItem::new("b-bad", "refused", format::count(refused)));
        }
        self.draw(Sketch {
            title: capitalised(many),
            note: self.per_bucket(),
            legend,
            layers: vec![
                Layer::Bars {
                    class: "b-all",
                    values: accepted.clone(),
                },
                Layer::Bars {
                    class: "b-bad",
                    values: rejected.clone(),
                },
            ],
            told: vec![("accepted", accepted), ("refused", rejected)],
            measure: Measure::Count,
            height: 90,
            summary: format!(
                "{many} over time: {} accepted, {} refused one by one.",
                format::count(total),
                format::count(refused)
            ),
        })
    }

    /// Refused requests by signal; `None` when nothing was refused: an empty chart would only look
    /// like one.
    fn refused(&self) -> Option<ChartView> {
        let total = self.history.total(names::REQUESTS_REFUSED, None);
        if total == 0 {
            return None;
        }
        // Refusals are told from their first on: before that a collector that speaks has none.
        let spoken = self.history.line(names::ITEMS_ACCEPTED, None);
        let of_signal = |(signal, name, class): (&str, &'static str, &'static str)| {
            let refused = self.history.line(names::REQUESTS_REFUSED, Some(signal));
            let count = self.history.total(names::REQUESTS_REFUSED, Some(signal));
            let line = refused.into_iter().zip(&spoken);
            let line: Values = line.map(|(n, spoken)| n.or(spoken.map(|_| 0.0))).collect();
            (count > 0).then_some((name, class, count, line))
        };
        let [traces, logs, metrics] = [0, 1, 2].map(|i| (SIGNALS[i].0, SIGNALS[i].0, LINES[i]));
        let all = [traces, logs, metrics, ("", "not known of what", "l-1")];
        let lines: Vec<_> = all.into_iter().filter_map(of_signal).collect();
        let legend = lines
            .iter()
            .map(|(name, class, n, _)| LegendItem::new(class, *name, format::count(*n)));
        let layers = lines.iter().map(|(_, class, _, line)| Layer::Line {
            class,
            values: line.clone(),
        });
        Some(
            self.draw(Sketch {
                title: "Refused requests".to_owned(),
                note: self.per_bucket(),
                legend: legend.collect(),
                layers: layers.collect(),
                told: lines
                    .iter()
                    .map(|(name, _, _, line)| (*name, line.clone()))
                    .collect(),
                measure: Measure::Count,
                height: 90,
                summary: format!("Refused requests over time: {}.", format::count(total)),
            }),
        )
    }

    fn lag(&self) -> ChartView {
        let lines: Vec<Values> = SIGNALS
            .iter()
            .map(|(signal, _, _)| self.history.highest(names::LAG, Some(signal)))
            .collect();
        let worst = lines.iter().filter_map(most).reduce(f64::max);
        let of_signals = || SIGNALS.iter().zip(LINES).zip(&lines);
        let legend = of_signals().map(|(((signal, _, _), class), line)| {
            let most = most(line).map(|ms| format!("up to {}", format::duration_ms(ms)));
            LegendItem::new(class, *signal, most.unwrap_or_default())
        });
        let layers = of_signals().map(|((_, class), values)| Layer::Line {
            class,
            values: values.clone(),
        });
        let told = of_signals().map(|(((signal, _, _), _), values)| (*signal, values.clone()));
        self.draw(Sketch {
            title: "Lag".to_owned(),
            note: "age of the oldest request not yet in ClickHouse".to_owned(),
            legend: legend.collect(),
            layers: layers.collect(),
            told: told.collect(),
            measure: Measure::Millis,
            height: 120,
            summary: format!(
                "Lag over time by signal, at most {}.",
                format::maybe_duration_ms(worst)
            ),
        })
    }

    fn spool(&self) -> ChartView {
        let used = self.history.added(names::SPOOL_USAGE);
        let waiting = self.history.added(names::WAITING_SIZE);
        let limit = self.history.added(names::SPOOL_LIMIT);
        let now = |values: &Values| {
            latest(values).map_or_else(|| format::UNKNOWN.to_owned(), format::bytes)
        };
        let bytes = Measure::Unit("By".to_owned());
        let line = |class, values: &Values| Layer::Line {
            class,
            values: values.clone(),
        };
        self.draw(Sketch {
            title: "Spool".to_owned(),
            note: "bytes on disk, of which some only help to recognise repetitions".to_owned(),
            legend: vec![
                LegendItem::new("l-s1", "waiting", now(&waiting)),
                LegendItem::new("l-s3", "on disk", now(&used)),
                LegendItem::new("l-3", "limit", now(&limit)),
            ],
            layers: vec![
                line("l-3", &limit),
                line("l-s3", &used),
                line("l-s1", &waiting),
            ],
            summary: format!(
                "Spool over time: {} on disk now of {} at most.",
                now(&used),
                now(&limit)
            ),
            told: vec![("waiting", waiting), ("on disk", used)],
            measure: bytes,
            height: 120,
        })
    }

    fn per_bucket(&self) -> String {
        format!(
            "per {}",
            format::long_duration(u64::from(self.history.step_s))
        )
    }

    fn draw(&self, sketch: Sketch<'_>) -> ChartView {
        let any = sketch
            .told
            .iter()
            .any(|(_, line)| line.iter().any(Option::is_some));
        let hovers = self.hovers(&sketch);
        let drawing = TimeChart {
            axis: &self.axis,
            buckets: &self.history.buckets,
            step_s: self.history.step_s,
            measure: sketch.measure,
            height: sketch.height,
            layers: sketch.layers,
            marks: &[],
            hovers,
            summary: sketch.summary,
        };
        ChartView {
            title: sketch.title,
            note: sketch.note,
            legend: sketch.legend,
            chart_svg: if any { drawing.draw() } else { Svg::new() },
            empty: "No collector told of this in this time.".to_owned(),
            table_href: String::new(),
        }
    }

    fn hovers(&self, sketch: &Sketch<'_>) -> Vec<String> {
        let clock = &self.ctx.range.clock;
        let hover = |(i, start): (usize, &u32)| {
            let values = sketch.told.iter().filter_map(|(name, line)| {
                Some(format!("{} {name}", sketch.measure.write((*line.get(i)?)?)))
            });
            let values: Vec<String> = values.collect();
            if values.is_empty() {
                return String::new();
            }
            let at = clock.day_minute(i64::from(*start) * 1000);
            format!("{at}  {}", values.join(", "))
        };
        self.history.buckets.iter().enumerate().map(hover).collect()
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
