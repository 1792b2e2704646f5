//! The chart that convinces: what was expected and what came, cold starts around a deploy. Distributions and
//! the parts of a change are in [`super::sides`] and [`super::parts`].

use serde::Serialize;
use store::model::finding::BandPoint;
use store::model::{Finding, State, UnixNano};
use store::read::Window;

use super::one::Known;
use super::parts::{self, PartsView};
use super::sides::{self, SidesView};
use super::words;
use crate::format::{self, Clock};
use crate::parts::chart::{ChartView, Dot, Layer, LegendItem, Mark, TimeChart};
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;
use crate::web::link::segment;
use analyzers::findings::kinds::Group;

/// Height of a chart's plot, px.
const HEIGHT: u32 = 190;
/// Buckets that a gap in a band is filled with at most.
const BUCKETS_MAX: usize = 1_200;
/// Buckets of the lines behind cold starts.
const START_BUCKETS: i64 = 200;

/// All drawings of the page; `None` for those that have nothing to draw.
#[derive(Serialize)]
pub(super) struct Drawings {
    sides: Option<SidesView>,
    starts: Option<ChartView>,
    band: Option<ChartView>,
    band_rows: Vec<BandRow>,
    parts: Option<PartsView>,
}

/// A moment of the band, as the table under it has it.
#[derive(Serialize)]
struct BandRow {
    at: String,
    actual: String,
    expected: String,
    range: String,
}

pub(super) fn drawings(ctx: &Context, known: &Known) -> Drawings {
    let evidence = &known.finding.evidence;
    let marks: Vec<Mark> = (known.deploys.iter().rev())
        .map(|deploy| Mark {
            at_ms: deploy.at_ms,
            text: deploy.version.clone(),
        })
        .collect();
    Drawings {
        sides: sides::view(ctx, known),
        starts: starts(ctx, known, &marks),
        band: Band::of(&evidence.band, &known.finding)
            .map(|band| band.chart(ctx, &known.finding, &marks)),
        band_rows: rows(&ctx.range.clock, &known.finding),
        parts: parts::view(&evidence.parts),
    }
}

/// How values of a unit stand on an axis, and what they are multiplied by for it.
pub(super) fn measure(unit: &str) -> (Measure, f64) {
    match unit.split('/').next().unwrap_or("") {
        "usd" => (Measure::Money, 1.0),
        "ms" => (Measure::Millis, 1.0),
        "s" => (Measure::Millis, 1e3),
        "1" => (Measure::Unit("%".to_owned()), 100.0),
        "bytes" => (Measure::Unit("By".to_owned()), 1.0),
        "count" | "" => (Measure::Unit(String::new()), 1.0),
        other => (Measure::Unit(other.to_owned()), 1.0),
    }
}

/// A band with its gaps filled: one entry per bucket.
struct Band {
    buckets: Vec<u32>,
    points: Vec<BandPoint>,
    step_s: u32,
    /// Whether it reaches into what was the future when it was written.
    ahead: bool,
}

impl Band {
    fn of(points: &[BandPoint], finding: &Finding) -> Option<Self> {
        let mut points: Vec<BandPoint> = (points.iter().copied())
            .filter(|point| u32::try_from(point.at_s).is_ok())
            .collect();
        points.sort_by_key(|point| point.at_s);
        points.dedup_by_key(|point| point.at_s);
        let step = (points.windows(2).map(|pair| pair[1].at_s - pair[0].at_s)).min();
        let step_s = u32::try_from(step.unwrap_or(3_600).max(1)).ok()?;
        let mut filled: Vec<BandPoint> = Vec::new();
        for point in points {
            while let Some(last) = filled.last()
                && last.at_s + i64::from(step_s) < point.at_s
                && filled.len() < BUCKETS_MAX
            {
                let at_s = last.at_s + i64::from(step_s);
                filled.push(BandPoint {
                    at_s,
                    ..BandPoint::default()
                });
            }
            filled.push(point);
        }
        let last = filled.last()?;
        Some(Self {
            ahead: last.actual.is_none()
                && last.expected.is_some()
                && last.at_s > finding.updated_at.as_secs(),
            buckets: (filled.iter())
                .map(|point| u32::try_from(point.at_s).unwrap_or(0))
                .collect(),
            points: filled,
            step_s,
        })
    }

    fn values(&self, factor: f64, pick: fn(&BandPoint) -> Option<f64>) -> Vec<Option<f64>> {
        let scaled = |point| pick(point).map(|value| value * factor);
        self.points.iter().map(scaled).collect()
    }

    fn window(&self) -> Window {
        let first = i64::from(self.buckets[0]);
        let last = self.buckets.last().copied().map_or(first, i64::from);
        Window {
            from: UnixNano::from_secs(first),
            to: UnixNano::from_secs(last + i64::from(self.step_s)),
        }
    }

    fn chart(&self, ctx: &Context, finding: &Finding, marks: &[Mark]) -> ChartView {
        let unit = finding.evidence.band_unit.as_str();
        let (measure, factor) = measure(unit);
        let axis = TimeAxis::new(self.window(), ctx.range.clock.clone());
        let chart = TimeChart {
            axis: &axis,
            buckets: &self.buckets,
            step_s: self.step_s,
            measure,
            height: HEIGHT,
            layers: self.layers(ctx, finding, factor),
            marks,
            hovers: self.hovers(&ctx.range.clock, unit),
            summary: self.summary(&ctx.range.clock, finding),
        };
        ChartView {
            title: title(finding, self.ahead).to_owned(),
            note: note(unit, self.step_s),
            legend: self.legend(finding),
            chart_svg: chart.draw(),
            empty: String::new(),
            table_href: "#band-table".to_owned(),
        }
    }

    fn layers(&self, ctx: &Context, finding: &Finding, factor: f64) -> Vec<Layer> {
        let mut layers = vec![
            Layer::Band {
                class: "band",
                low: self.values(factor, |p| p.low),
                high: self.values(factor, |p| p.high),
            },
            Layer::Line {
                class: "l-3",
                values: self.values(factor, |p| p.expected),
            },
            Layer::Line {
                class: "l-2",
                values: self.values(factor, |p| p.actual),
            },
        ];
        if !self.ahead {
            let ended = match finding.state {
                State::Open => ctx.now,
                _ => finding.closed_at.unwrap_or(finding.updated_at),
            };
            layers.insert(
                0,
                Layer::Span {
                    class: "span",
                    from_ms: finding.began_at.as_millis(),
                    to_ms: ended.as_millis(),
                    title: "while it held".to_owned(),
                },
            );
        }
        if let Some(limit) = finding.evidence.limit.filter(|v| v.is_finite()) {
            let text = format::quantity(limit, &finding.evidence.band_unit);
            layers.push(Layer::Level {
                class: "l-limit",
                value: limit * factor,
                text: format!("{} {text}", limit_name(finding)),
            });
        }
        layers
    }

    fn hovers(&self, clock: &Clock, unit: &str) -> Vec<String> {
        let said = |point: &BandPoint| {
            let value = |v: Option<f64>| v.map(|v| format::quantity(v, unit));
            let actual = value(point.actual).unwrap_or_else(|| "nothing came".to_owned());
            let range = match (value(point.low), value(point.high)) {
                (Some(low), Some(high)) => format!(", expected {low} to {high}"),
                _ => String::new(),
            };
            let at = clock.day_minute(point.at_s * 1_000);
            match (point.actual, value(point.expected)) {
                (None, Some(expected)) if self.ahead => format!("{at}: expected {expected}"),
                (None, None) => String::new(),
                _ => format!("{at}: {actual}{range}"),
            }
        };
        self.points.iter().map(said).collect()
    }

    fn legend(&self, finding: &Finding) -> Vec<LegendItem> {
        let any =
            |pick: fn(&BandPoint) -> Option<f64>| self.points.iter().any(|p| pick(p).is_some());
        let expected = if self.ahead { "forecast" } else { "expected" };
        let mut legend = Vec::new();
        if any(|p| p.actual) {
            legend.push(LegendItem::new("l-2", "what came", ""));
        }
        if any(|p| p.expected) {
            legend.push(LegendItem::new("l-3", expected, ""));
        }
        if any(|p| p.low) {
            legend.push(LegendItem::new("band", "the range it was expected in", ""));
        }
        if finding.evidence.limit.is_some() {
            legend.push(LegendItem::new("l-limit", limit_name(finding), ""));
        }
        legend
    }

    /// The chart in a sentence, for those who do not see it.
    fn summary(&self, clock: &Clock, finding: &Finding) -> String {
        let unit = finding.evidence.band_unit.as_str();
        let outside = (self.points.iter())
            .filter(|p| match (p.actual, p.low, p.high) {
                (Some(actual), Some(low), Some(high)) => actual < low || actual > high,
                _ => false,
            })
            .count();
        let last = self.points.iter().rev().find(|p| p.actual.is_some());
        let last = last.and_then(|point| Some((point, point.actual?)));
        let newest = last.map_or(String::new(), |(point, actual)| {
            let at = clock.day_minute(point.at_s * 1_000);
            format!(
                "; the newest, of {at}, was {}",
                format::quantity(actual, unit)
            )
        });
        let window = self.window();
        format!(
            "What came and what was expected from {} to {}: {outside} of {} values were outside the expected range{newest}",
            clock.day_minute(window.from.as_millis()),
            clock.day_minute(window.to.as_millis()),
            self.points.iter().filter(|p| p.actual.is_some()).count(),
        )
    }
}

fn title(finding: &Finding, ahead: bool) -> &'static str {
    match (ahead, words::group(finding)) {
        (true, _) => "Where this leads",
        (false, Some(Group::Cost)) => "Spend against what was expected",
        (false, Some(Group::Forecast)) => "Course so far",
        _ => "What came against what was expected",
    }
}

fn limit_name(finding: &Finding) -> &'static str {
    match finding.scope {
        store::model::Scope::Budget => "budget",
        _ => "limit",
    }
}

fn note(unit: &str, step_s: u32) -> String {
    let per = match unit.split_once('/').map(|(_, per)| per) {
        Some("h") => "an hour, ",
        Some("d" | "day") => "a day, ",
        _ => "",
    };
    format!(
        "{per}one point each {}",
        format::long_duration(u64::from(step_s))
    )
}

/// The table under the band, the newest first.
fn rows(clock: &Clock, finding: &Finding) -> Vec<BandRow> {
    let unit = finding.evidence.band_unit.as_str();
    let value =
        |v: Option<f64>| v.map_or(format::UNKNOWN.to_owned(), |v| format::quantity(v, unit));
    let row = |point: &BandPoint| BandRow {
        at: clock.day_minute(point.at_s.saturating_mul(1_000)),
        actual: value(point.actual),
        expected: value(point.expected),
        range: match (point.low, point.high) {
            (None, None) => format::UNKNOWN.to_owned(),
            (low, high) => format!("{} to {}", value(low), value(high)),
        },
    };
    finding.evidence.band.iter().rev().map(row).collect()
}

/// Every cold start around the begin as a dot, with the medians before and since and the deploys.
fn starts(ctx: &Context, known: &Known, marks: &[Mark]) -> Option<ChartView> {
    let finding = &known.finding;
    if known.cold_starts.is_empty() {
        return None;
    }
    let began_ms = finding.began_at.as_millis();
    let window = around(known, began_ms);
    let dot = |start| dot_of(ctx, start, began_ms);
    let step_s = ((window.seconds() / START_BUCKETS).max(1)).unsigned_abs();
    let step_s = u32::try_from(step_s).unwrap_or(3_600);
    let first = u32::try_from(window.from.as_secs()).ok()?;
    let buckets: Vec<u32> = (0..=START_BUCKETS as u32)
        .map(|i| first.saturating_add(i * step_s))
        .collect();
    let level = |value: Option<f64>, since: bool| {
        let at = |start: &u32| (i64::from(*start) * 1_000 >= began_ms) == since;
        let value = value.filter(|_| finding.unit == "ms");
        (buckets.iter())
            .map(|start| value.filter(|_| at(start)))
            .collect::<Vec<_>>()
    };
    let axis = TimeAxis::new(window, ctx.range.clock.clone());
    let chart = TimeChart {
        axis: &axis,
        buckets: &buckets,
        step_s,
        measure: Measure::Millis,
        height: HEIGHT,
        layers: vec![
            Layer::Line {
                class: "l-1",
                values: level(finding.before, false),
            },
            Layer::Line {
                class: "l-2",
                values: level(finding.after, true),
            },
            Layer::Dots(known.cold_starts.iter().map(dot).collect()),
        ],
        marks,
        hovers: Vec::new(),
        summary: format!(
            "{} around the time it began, {}",
            format::counted(known.cold_starts.len() as u64, "cold start", "cold starts"),
            words::whole_change(finding)
        ),
    };
    Some(ChartView {
        title: "Cold starts around it".to_owned(),
        note: "each a dot that opens its trace".to_owned(),
        legend: vec![
            LegendItem::new("dot-old", "before", told(finding.before, finding)),
            LegendItem::new("dot", "since", told(finding.after, finding)),
        ],
        chart_svg: chart.draw(),
        empty: String::new(),
        table_href: String::new(),
    })
}

/// A cold start as a dot that opens its trace.
fn dot_of(ctx: &Context, start: &store::read::function::ColdStartRow, began_ms: i64) -> Dot {
    Dot {
        at_ms: start.at_ms,
        value: start.init_ms,
        title: format!(
            "{}: {} of version {}",
            ctx.range.clock.day_minute(start.at_ms),
            format::duration_ms(start.init_ms),
            format::bounded(&start.version, 40)
        ),
        href: match start.trace_id.is_empty() {
            true => String::new(),
            false => ctx.link(&format!("/traces/{}", segment(&start.trace_id)), &[]),
        },
        class: match start.at_ms < began_ms {
            true => "dot-old",
            false => "dot",
        },
    }
}

/// The time in which cold starts are known, with the begin in it and some air before.
fn around(known: &Known, began_ms: i64) -> Window {
    let window = known.window;
    let first_ms = known.cold_starts.iter().map(|start| start.at_ms).min();
    let first_ms = first_ms.unwrap_or(began_ms).min(began_ms);
    let air_ms = (window.to.as_millis() - first_ms).max(60_000) / 40;
    Window {
        from: window.from.max(UnixNano::from_millis(first_ms - air_ms)),
        to: window.to,
    }
}

fn told(value: Option<f64>, finding: &Finding) -> String {
    value.map_or(String::new(), |v| format::quantity(v, &finding.unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, finding};

    fn point(at_s: i64, actual: Option<f64>) -> BandPoint {
        BandPoint {
            at_s,
            actual,
            expected: Some(1.0),
            low: Some(0.5),
            high: Some(1.5),
        }
    }

    #[test]
    fn gaps_are_filled_and_points_may_come_in_any_order() {
        let one = finding("x");
        let points = [
            point(7_200, Some(1.0)),
            point(0, Some(1.0)),
            point(3_600, None),
            point(14_400, Some(9.0)),
            point(0, Some(5.0)),
            point(-7, Some(5.0)),
        ];
        let band = Band::of(&points, &one).expect("a band");
        assert_eq!(band.buckets, [0, 3_600, 7_200, 10_800, 14_400]);
        assert_eq!(band.points[3].expected, None, "a gap");
        assert!(
            band.summary(&Clock::utc(), &one)
                .contains("1 of 3 values were outside")
        );
        assert!(Band::of(&[], &one).is_none());
    }

    #[test]
    fn what_reaches_into_the_future_is_a_forecast_with_its_budget() {
        let ctx = context("/findings/x", "");
        let mut one = finding("x");
        one.scope = store::model::Scope::Budget;
        let now_s = one.updated_at.as_secs();
        one.evidence.band = (-5..5)
            .map(|i| point(now_s + i * 3_600, (i < 0).then_some(1.0)))
            .collect();
        one.evidence.limit = Some(40.0);
        let band = Band::of(&one.evidence.band, &one).expect("a band");
        assert!(band.ahead);
        let chart = band.chart(&ctx, &one, &[]);
        assert_eq!(chart.title, "Where this leads");
        let svg = chart.chart_svg.as_str();
        assert!(
            svg.contains("l-limit") && svg.contains("budget $40"),
            "{svg}"
        );
        assert!(!svg.contains("class=\"span\""));
    }

    #[test]
    fn hostile_numbers_still_give_a_chart() {
        let ctx = context("/findings/x", "");
        let mut one = finding("x");
        one.evidence.band = vec![
            point(0, Some(1e300)),
            point(i64::from(u32::MAX), Some(-1e300)),
        ];
        one.evidence.limit = Some(1e15);
        let band = Band::of(&one.evidence.band, &one).expect("a band");
        let chart = band.chart(&ctx, &one, &[]);
        assert!(!chart.chart_svg.as_str().contains("NaN"));
    }
}
