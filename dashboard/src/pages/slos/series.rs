//! The course of a budget: pieces of some hours, exact to the correction.

use analyzers::slo::catalogue::Entry;
use analyzers::slo::openslo::BudgetingMethod;
use analyzers::slo::pieces::Cuts;
use serde_json::json;
use store::model::UnixNano;
use store::read::Window;
use store::slos;

use super::ask::Row;
use crate::format;
use crate::pages::deploys;
use crate::parts::chart::{ChartView, Layer, LegendItem, Mark, TimeChart};
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::{Context, PageError};

/// Points of a chart, about.
const POINTS: i64 = 800;
/// Height of charts, px.
const HEIGHT: u32 = 120;

/// What each stretch of some hours counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) step_s: u32,
    pub(super) buckets: Vec<u32>,
    pub(super) bad: Vec<u64>,
    pub(super) total: Vec<u64>,
    /// 1 − target.
    budget: f64,
    /// Whether events are the budget's currency.
    by_events: bool,
}

/// Asks for the course of a row's first objective.
pub(super) async fn ask(ctx: &Context, entry: &Entry, row: &Row) -> Result<Series, PageError> {
    let Some(question) = entry.questions.iter().flatten().next() else {
        return Ok(Series::default());
    };
    let so_far = row.so_far;
    let step = ((so_far.minutes() / 60 / POINTS) + 1) * 60;
    let mut cuts = Cuts::of(&entry.plan, so_far);
    let first = so_far.begin.div_euclid(step);
    let starts = (first..).map(|n| n * step);
    let starts: Vec<i64> = starts.take_while(|at| *at < so_far.end).collect();
    cuts.at
        .extend(starts.iter().filter(|at| **at > so_far.begin));
    cuts.at.retain(|at| *at >= so_far.begin);
    cuts.at.sort_unstable();
    cuts.at.dedup();
    let cuts_s: Vec<i64> = cuts.at.iter().map(|minute| minute * 60).collect();
    let rows = slos::pieces(ctx.store(), &[&question.measure], &cuts_s, &[&row.group]).await?;
    let mut series = Series {
        step_s: u32::try_from(step * 60).unwrap_or(3_600),
        buckets: starts
            .iter()
            .filter_map(|at| u32::try_from(at * 60).ok())
            .collect(),
        bad: vec![0; starts.len()],
        total: vec![0; starts.len()],
        budget: entry.plan.budget().to_f64(),
        by_events: entry.plan.method == BudgetingMethod::Occurrences
            && entry.plan.objectives.len() == 1,
    };
    for piece in rows {
        let minute = piece.piece_s.div_euclid(60);
        let at = usize::try_from(minute.div_euclid(step) - first).unwrap_or(usize::MAX);
        if cuts.counts(minute) && at < series.total.len() {
            series.bad[at] += piece.total.saturating_sub(piece.good);
            series.total[at] += piece.total;
        }
    }
    Ok(series)
}

impl Series {
    /// What is left of the budget of all events so far, after each bucket.
    fn left(&self) -> Vec<Option<f64>> {
        let all: u64 = self.total.iter().sum();
        if all == 0 || !self.by_events {
            return Vec::new();
        }
        let whole = self.budget * all as f64;
        let spent = self.bad.iter().scan(0_u64, |spent, bad| {
            *spent += bad;
            Some(*spent)
        });
        spent
            .map(|spent: u64| Some(1.0 - spent as f64 / whole))
            .collect()
    }

    fn burn(&self) -> Vec<Option<f64>> {
        let pairs = self.bad.iter().zip(&self.total);
        pairs
            .map(|(bad, total)| (*total > 0).then(|| *bad as f64 / *total as f64 / self.budget))
            .collect()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let (left, burn) = (self.left(), self.burn());
        let point = |i: usize| {
            json!({
                "from_s": self.buckets[i], "bad": self.bad[i], "total": self.total[i],
                "burn": burn[i], "budget_remaining": left.get(i),
            })
        };
        (0..self.buckets.len()).map(point).collect()
    }

    /// The burn-down, the burn rate, and good and bad events, over one axis.
    pub(super) fn charts(&self, ctx: &Context, row: &Row, marks: &[Mark]) -> Vec<ChartView> {
        let window = Window {
            from: UnixNano::from_secs(row.so_far.begin * 60),
            to: UnixNano::from_secs(row.so_far.end * 60),
        };
        let axis = TimeAxis::new(window, ctx.range.clock.clone());
        let draw = |title: &str, note: &str, layers: Vec<Layer>, legend: Vec<LegendItem>| {
            let chart = TimeChart {
                axis: &axis,
                buckets: &self.buckets,
                step_s: self.step_s,
                measure: Measure::Count,
                height: HEIGHT,
                layers,
                marks,
                hovers: self.hovers(ctx),
                summary: format!("{title}, {note}."),
            };
            ChartView {
                title: title.to_owned(),
                note: note.to_owned(),
                legend,
                chart_svg: chart.draw(),
                ..ChartView::default()
            }
        };
        let level = |value: f64, text: &str| Layer::Level {
            class: "l-3",
            value,
            text: text.to_owned(),
        };
        let line = |values| Layer::Line {
            class: "l-1",
            values,
        };
        let float = |values: &[u64]| values.iter().map(|n| Some(*n as f64)).collect();
        let good: Vec<u64> = self
            .total
            .iter()
            .zip(&self.bad)
            .map(|(t, b)| t - b)
            .collect();
        let mut charts = Vec::new();
        if self.by_events {
            let left = self
                .left()
                .iter()
                .map(|left| left.map(|left| left * 100.0))
                .collect();
            let layers = vec![level(0.0, "spent"), line(left)];
            charts.push(draw(
                "Budget left",
                "per cent, of all events so far",
                layers,
                Vec::new(),
            ));
        }
        let layers = vec![level(1.0, "as fast as it may"), line(self.burn())];
        charts.push(draw(
            "Burn rate",
            "times the budget's pace",
            layers,
            Vec::new(),
        ));
        let layers = vec![
            Layer::Bars {
                class: "b-all",
                values: float(&good),
            },
            Layer::Bars {
                class: "b-bad",
                values: float(&self.bad),
            },
        ];
        let legend = vec![
            LegendItem::new("b-all", "good", ""),
            LegendItem::new("b-bad", "bad", ""),
        ];
        charts.push(draw(
            "Good and bad events",
            "of the first objective",
            layers,
            legend,
        ));
        charts
    }

    fn hovers(&self, ctx: &Context) -> Vec<String> {
        let clock = &ctx.range.clock;
        let hover = |i: usize| match self.total[i] {
            0 => String::new(),
            total => format!(
                "{}: {} of {} bad",
                clock.day_minute(i64::from(self.buckets[i]) * 1_000),
                format::grouped(self.bad[i]),
                format::grouped(total)
            ),
        };
        (0..self.buckets.len()).map(hover).collect()
    }
}

/// Deploys of the row's function as marks.
pub(super) async fn marks(
    ctx: &Context,
    row: &Row,
    function: &str,
) -> Result<Vec<Mark>, PageError> {
    if function.is_empty() {
        return Ok(Vec::new());
    }
    let window = Window {
        from: UnixNano::from_secs(row.so_far.begin * 60),
        to: UnixNano::from_secs(row.so_far.end * 60),
    };
    let most = store::read::deploys::MAX_DEPLOYS;
    let rows = store::read::deploys::list(ctx.store(), window, function, most).await?;
    let mark = |row: &store::read::deploys::DeployRow| Mark {
        at_ms: row.at_ms,
        text: deploys::name(row),
    };
    let mut marks: Vec<Mark> = rows.iter().map(mark).collect();
    marks.sort_by_key(|mark| mark.at_ms);
    Ok(marks)
}
