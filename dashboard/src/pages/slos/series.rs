//! The course of a budget: pieces of some hours, exact to the correction, whatever its method counts.

use analyzers::slo::Fraction;
use analyzers::slo::catalogue::Entry;
use analyzers::slo::keep::book;
use analyzers::slo::keep::burn::KIND;
use analyzers::slo::keep::course::{Asked, courses};
use analyzers::slo::openslo::BudgetingMethod;
use analyzers::slo::period::Stretch;
use serde_json::json;
use store::findings::{self, Filter};
use store::model::{Severity, UnixNano};
use store::read::Window;

use super::ask::Row;
use crate::format;
use crate::pages::deploys::marks;
use crate::parts::chart::{ChartView, Layer, LegendItem, Mark, TimeChart};
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::{Context, PageError};

/// Points of a chart, about.
const POINTS: i64 = 800;
/// Height of charts, px.
const HEIGHT: u32 = 120;
/// Shaded times of a chart at most, the newest ones.
const INCIDENTS_MAX: usize = 40;

/// What each stretch of some hours counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) step_s: u32,
    pub(super) buckets: Vec<u32>,
    pub(super) bad: Vec<u64>,
    pub(super) total: Vec<u64>,
    /// How fast each burns.
    burn: Vec<Option<f64>>,
    /// What is left after each, of the budget of all that was counted so far.
    left: Vec<Option<f64>>,
    /// What the budget is counted in.
    currency: &'static str,
}

/// What is drawn behind the lines of all charts of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Behind {
    pub(super) deploys: Vec<Mark>,
    /// Times in which something was found: from, to, and what; ms since the epoch.
    pub(super) incidents: Vec<(i64, i64, String)>,
}

/// Asks for the course of a row.
pub(super) async fn ask(ctx: &Context, entry: &Entry, row: &Row) -> Result<Series, PageError> {
    let so_far = row.so_far;
    let step = ((so_far.minutes() / 60 / POINTS) + 1) * 60;
    let first = so_far.begin.div_euclid(step) * step;
    let starts = (0..).map(|n| first + n * step);
    let starts: Vec<i64> = starts.take_while(|at| *at < so_far.end).collect();
    let asked = Asked {
        entry,
        within: so_far,
        cuts: starts.clone(),
    };
    let (courses, _) = courses(ctx.store(), &[asked], &[&row.group]).await?;
    let Some(course) = courses.first() else {
        return Ok(Series::default());
    };
    let known = &course.known;
    let bucket = |at: &i64| Stretch {
        begin: (*at).max(so_far.begin),
        end: (at + step).min(so_far.end),
    };
    let count = |n: i128| u64::try_from(n).unwrap_or(0);
    let after = |at: &i64| {
        let upto = Stretch {
            begin: so_far.begin,
            end: bucket(at).end,
        };
        let spent = known.spent(upto, so_far)?;
        Some(spent.complement().to_f64())
    };
    let events: Vec<_> = starts.iter().map(|at| known.events(bucket(at))).collect();
    Ok(Series {
        step_s: u32::try_from(step * 60).unwrap_or(3_600),
        buckets: starts
            .iter()
            .filter_map(|at| u32::try_from(at * 60).ok())
            .collect(),
        bad: events.iter().map(|pair| count(pair.bad)).collect(),
        total: events.iter().map(|pair| count(pair.total)).collect(),
        burn: starts
            .iter()
            .map(|at| known.burn(bucket(at)).as_ref().map(Fraction::to_f64))
            .collect(),
        left: starts.iter().map(after).collect(),
        currency: match entry.plan.method {
            BudgetingMethod::Occurrences => "events",
            _ => "slices",
        },
    })
}

impl Series {
    pub(super) fn json(&self) -> serde_json::Value {
        let point = |i: usize| {
            json!({
                "from_s": self.buckets[i], "bad": self.bad[i], "total": self.total[i],
                "burn": self.burn[i], "budget_remaining": self.left[i],
            })
        };
        (0..self.buckets.len()).map(point).collect()
    }

    /// The burn-down, the burn rate, and good and bad events, over one axis.
    pub(super) fn charts(&self, ctx: &Context, row: &Row, behind: &Behind) -> Vec<ChartView> {
        let axis = TimeAxis::new(window(row), ctx.range.clock.clone());
        let draw =
            |title: &str, note: &str, mut layers: Vec<Layer>, mut legend: Vec<LegendItem>| {
                let spans = behind.incidents.iter().map(|(from, to, what)| Layer::Span {
                    class: "span",
                    from_ms: *from,
                    to_ms: *to,
                    title: what.clone(),
                });
                layers.splice(0..0, spans);
                if !behind.incidents.is_empty() {
                    legend.push(LegendItem::new("span", "found meanwhile", ""));
                }
                let chart = TimeChart {
                    axis: &axis,
                    buckets: &self.buckets,
                    step_s: self.step_s,
                    measure: Measure::Count,
                    height: HEIGHT,
                    layers,
                    marks: &behind.deploys,
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
        let percent = |left: &Option<f64>| left.map(|left| left * 100.0);
        let left = self.left.iter().map(percent).collect();
        let burn = vec![level(1.0, "as fast as it may"), line(self.burn.clone())];
        vec![
            draw(
                "Budget left",
                &format!("per cent, of all {} so far", self.currency),
                vec![level(0.0, "spent"), line(left)],
                Vec::new(),
            ),
            draw("Burn rate", "times the budget's pace", burn, Vec::new()),
            draw(
                "Good and bad events",
                "each bar is good and bad together",
                self.bars(),
                vec![
                    LegendItem::new("b-all", "good", ""),
                    LegendItem::new("b-bad", "bad", ""),
                ],
            ),
        ]
    }

    fn bars(&self) -> Vec<Layer> {
        let good = self.total.iter().zip(&self.bad).map(|(t, b)| t - b);
        let float =
            |values: &mut dyn Iterator<Item = u64>| values.map(|n| Some(n as f64)).collect();
        vec![
            Layer::Bars {
                class: "b-all",
                values: float(&mut good.into_iter()),
            },
            Layer::Bars {
                class: "b-bad",
                values: float(&mut self.bad.iter().copied()),
            },
        ]
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

fn window(row: &Row) -> Window {
    Window {
        from: UnixNano::from_secs(row.so_far.begin * 60),
        to: UnixNano::from_secs(row.so_far.end * 60),
    }
}

/// Deploys of the row's function, and what was found of it; of an SLO that is not about one function, its own
/// findings alone: deploys of all functions would hide every chart.
pub(super) async fn behind(ctx: &Context, entry: &Entry, row: &Row) -> Result<Behind, PageError> {
    let (window, function) = (window(row), book::function(&row.group));
    let filter = Filter {
        function_id: function.unwrap_or_default().to_owned(),
        kind: match function {
            Some(_) => String::new(),
            None => KIND.to_owned(),
        },
        since_ms: window.from.as_millis(),
        until_ms: window.to.as_millis(),
        ..Filter::default()
    };
    let detail = book::detail(entry, &row.group);
    let found = findings::heads(ctx.store(), &filter).await?;
    let bad = found.into_iter().filter(|finding| {
        finding.severity >= Severity::Medium && (function.is_some() || finding.detail == detail)
    });
    let to_ms =
        |finding: &store::model::Finding| finding.closed_at.unwrap_or(window.to).as_millis();
    let incidents = bad.take(INCIDENTS_MAX).map(|finding| {
        let from_ms = finding.began_at.as_millis();
        (
            from_ms,
            to_ms(&finding),
            format::bounded(&finding.title, 120),
        )
    });
    Ok(Behind {
        incidents: incidents.collect(),
        deploys: match function {
            Some(id) => marks::marks(ctx, window, id).await?,
            None => Vec::new(),
        },
    })
}
