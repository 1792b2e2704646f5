//! What each day of the month cost, beside the month before.

use analyzers::money::Usd;
use analyzers::pace::Projection;

use super::month::Month;
use crate::format;
use crate::parts::chart::{ChartView, Layer, LegendItem, Mark, TimeChart};
use crate::parts::markup::Svg;
use crate::parts::scale::{Measure, TimeAxis};
use crate::web::Context;

const DAY_S: u32 = 86_400;

/// Costs of days, in the order of the month's days; `None` for days without data.
pub(super) type Days = Vec<Option<Usd>>;

/// The chart. `before` are the days of the month before, laid over by their number.
pub(super) fn chart(
    ctx: &Context,
    month: Month,
    (days, before): (&Days, &Days),
    projection: Option<&Projection>,
    marks: &[Mark],
) -> ChartView {
    let now_ms = ctx.now_ms();
    let starts = month.days_s();
    let drawn = |days: &Days| -> Vec<Option<f64>> {
        let mut values: Vec<Option<f64>> = days.iter().map(|d| d.map(Usd::as_drawn)).collect();
        values.resize(starts.len(), None);
        values
    };
    let spent: Usd = days.iter().flatten().copied().sum();
    let axis = TimeAxis::new(month.window(), format::Clock::utc());
    let clock = format::Clock::utc();
    let hover = |(i, start): (usize, &u32)| match days.get(i).copied().flatten() {
        Some(cost) => format!(
            "{}  {}",
            clock.day(i64::from(*start) * 1_000),
            format::money(cost)
        ),
        None => String::new(),
    };
    let (name, earlier) = (month.name(now_ms), month.before().name(now_ms));
    let drawing = TimeChart {
        axis: &axis,
        buckets: &starts,
        step_s: DAY_S,
        measure: Measure::Money,
        height: 130,
        layers: vec![
            Layer::Bars {
                class: "b-all",
                values: drawn(days),
            },
            Layer::Line {
                class: "l-3",
                values: drawn(before),
            },
        ],
        marks,
        hovers: starts.iter().enumerate().map(hover).collect(),
        summary: format!(
            "Costs of each day of {name} at list price, {} so far.",
            format::money(spent)
        ),
    };
    let mut legend = vec![LegendItem::new("b-all", name, format::money(spent))];
    if before.iter().any(Option::is_some) {
        legend.push(LegendItem::new("l-3", earlier, ""));
    }
    ChartView {
        title: "Cost of each day".to_owned(),
        note: match projection {
            Some(p) if p.by_weekday => {
                "before free grants; the end is expected from days of the same weekday".to_owned()
            }
            Some(_) => "before free grants; the end is expected from the mean day".to_owned(),
            None => "before free grants".to_owned(),
        },
        legend,
        chart_svg: if spent.pico() == 0 {
            Svg::new()
        } else {
            drawing.draw()
        },
        empty: "Nothing that has a price was used in this month.".to_owned(),
        table_href: ctx.export("csv"),
    }
}
