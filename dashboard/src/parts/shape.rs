//! The distribution of a duration, drawn from its quantiles: a hill on a logarithmic axis, the middle half
//! as a box, the median as a line. Shapes of several versions share one axis, so that they compare.

use super::markup::{Svg, coordinate, percent};
use super::scale::Measure;

/// Columns a hill is drawn in.
const COLUMNS: usize = 72;
/// Height of the box under it, px.
const FOOT: f64 = 8.0;

/// A logarithmic axis over positive values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogAxis {
    low: f64,
    high: f64,
}

impl LogAxis {
    /// An axis that holds all `values`, with some air; `None` when none is positive.
    #[must_use]
    pub fn around(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = values
            .filter(|v| v.is_finite() && *v > 0.0)
            .fold((f64::MAX, 0.0_f64), |(low, high), v| {
                (low.min(v), high.max(v))
            });
        (low <= high).then(|| Self {
            low: low / 1.15,
            high: high * 1.15,
        })
    }

    /// Where a value lies, 0 to 1, kept inside.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        if value <= 0.0 || !value.is_finite() {
            return 0.0;
        }
        ((value / self.low).ln() / (self.high / self.low).ln()).clamp(0.0, 1.0)
    }

    fn at(&self, place: f64) -> f64 {
        self.low * (self.high / self.low).powf(place)
    }

    /// Round values inside the axis, at most seven: 1, 2 and 5 times powers of ten, thinned out.
    #[must_use]
    pub fn labels(&self) -> Vec<f64> {
        const FINE: [f64; 8] = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0];
        for multiples in [&FINE[..], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]] {
            let first = self.low.log10().floor() as i32;
            let last = self.high.log10().ceil() as i32;
            let found: Vec<f64> = (first..=last)
                .flat_map(|e| multiples.iter().map(move |m| m * 10_f64.powi(e)))
                .filter(|v| (self.low..=self.high).contains(v))
                .collect();
            if found.len() <= 7 {
                return found;
            }
        }
        Vec::new()
    }
}

/// The share of values not above `value`, from quantiles; both slices ascend.
fn share_below(levels: &[f64], quantiles: &[f64], value: f64) -> f64 {
    if quantiles.is_empty() || value < quantiles[0] {
        return 0.0;
    }
    let above = quantiles.partition_point(|q| *q <= value);
    if above >= quantiles.len() {
        return 1.0;
    }
    let (q0, q1) = (quantiles[above - 1], quantiles[above]);
    let (l0, l1) = (levels[above - 1], levels[above]);
    l0 + (l1 - l0) * (value - q0) / (q1 - q0)
}

/// How dense values are in each column of the axis: the greatest is 1.
#[must_use]
pub fn density(axis: LogAxis, levels: &[f64], quantiles: &[f64]) -> Vec<f64> {
    let edge = |i: usize| axis.at(i as f64 / COLUMNS as f64);
    let raw: Vec<f64> = (0..COLUMNS)
        .map(|i| {
            share_below(levels, quantiles, edge(i + 1)) - share_below(levels, quantiles, edge(i))
        })
        .collect();
    // 23 quantiles make steps; a running mean of five columns gives back the hill they came from.
    let smooth: Vec<f64> = (0..COLUMNS)
        .map(|i| {
            let near = &raw[i.saturating_sub(2)..(i + 3).min(COLUMNS)];
            near.iter().sum::<f64>() / near.len() as f64
        })
        .collect();
    let most = smooth.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        smooth
    } else {
        smooth.into_iter().map(|d| d / most).collect()
    }
}

/// One distribution, `height` px high without its foot. `quantiles` stand at `levels`; NaN (no data) draws nothing.
#[must_use]
pub fn hill(
    axis: LogAxis,
    levels: &[f64],
    quantiles: &[f64],
    height: f64,
    class: &str,
    title: &str,
) -> Svg {
    if quantiles.len() != levels.len() || quantiles.iter().any(|q| !q.is_finite()) {
        return Svg::new();
    }
    let at = |level: f64| {
        let i = levels
            .iter()
            .position(|l| (*l - level).abs() < 1e-9)
            .unwrap_or(0);
        axis.place(quantiles[i]) * 100.0
    };
    let full = coordinate(height + FOOT);
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", "shape"),
            ("height", &full),
            ("role", "img"),
            ("aria-label", title),
        ],
    );
    svg.element("title", &[], title);
    svg.open(
        "svg",
        &[
            ("viewBox", &format!("0 0 {COLUMNS} {height}")),
            ("preserveAspectRatio", "none"),
            ("width", "100%"),
            ("height", &coordinate(height)),
        ],
    );
    let mut path = format!("M0 {height}");
    for (i, dense) in density(axis, levels, quantiles).into_iter().enumerate() {
        let y = height - dense * (height - 2.0);
        path.push_str(&format!("L{} {}", i as f64 + 0.5, coordinate(y)));
    }
    path.push_str(&format!("L{COLUMNS} {height}z"));
    svg.tag("path", &[("class", class), ("d", &path)]);
    svg.close("svg");
    let line = |svg: &mut Svg, class: &str, from: f64, to: f64, y1: f64, y2: f64| {
        svg.tag(
            "line",
            &[
                ("class", class),
                ("x1", &percent(from)),
                ("x2", &percent(to)),
                ("y1", &coordinate(y1)),
                ("y2", &coordinate(y2)),
            ],
        );
    };
    let foot = height + FOOT / 2.0;
    line(&mut svg, "whisker", at(0.05), at(0.95), foot, foot);
    line(&mut svg, "box", at(0.25), at(0.75), foot, foot);
    line(&mut svg, "median", at(0.5), at(0.5), 4.0, height + FOOT);
    svg.close("svg");
    svg
}

/// The axis under a column of hills.
#[must_use]
pub fn ruler(axis: LogAxis, measure: &Measure) -> Svg {
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", "ruler"),
            ("height", "18"),
            ("aria-hidden", "true"),
        ],
    );
    let mut last = -100.0;
    for value in axis.labels() {
        let place = axis.place(value) * 100.0;
        let x = percent(place);
        svg.tag(
            "line",
            &[
                ("class", "tick"),
                ("x1", &x),
                ("x2", &x),
                ("y1", "0"),
                ("y2", "4"),
            ],
        );
        // Text at the edge would be cut off, text too near to the last would run into it.
        if (3.0..=97.0).contains(&place) && place - last > 12.0 {
            last = place;
            svg.element(
                "text",
                &[("class", "at"), ("x", &x), ("y", "15")],
                &measure.write(value),
            );
        }
    }
    svg.close("svg");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 5] = [0.0, 0.05, 0.5, 0.95, 1.0];

    #[test]
    fn an_axis_needs_a_positive_value() {
        assert_eq!(LogAxis::around([0.0, -1.0, f64::NAN].into_iter()), None);
        let axis = LogAxis::around([10.0, 1000.0].into_iter()).expect("an axis");
        assert!((axis.place(100.0) - 0.5).abs() < 1e-9);
        assert!((axis.place(0.0)).abs() < 1e-9 && axis.place(1e9) <= 1.0);
        assert_eq!(
            axis.labels(),
            [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
        );
    }

    #[test]
    fn a_single_value_still_has_an_axis_and_labels_stay_few() {
        let axis = LogAxis::around([5.0].into_iter()).expect("an axis");
        assert_eq!(axis.labels(), [5.0]);
        let wide = LogAxis::around([0.001, 1e6].into_iter()).expect("an axis");
        assert!(wide.labels().len() <= 10);
    }

    #[test]
    fn the_hill_is_highest_where_values_are_dense() {
        let axis = LogAxis::around([1.0, 10_000.0].into_iter()).expect("an axis");
        let quantiles = [1.0, 90.0, 100.0, 110.0, 10_000.0];
        let dense = density(axis, &LEVELS, &quantiles);
        let peak = dense.iter().position(|d| *d >= 1.0).expect("a peak");
        let place = (axis.place(100.0) * COLUMNS as f64) as usize;
        assert!(peak.abs_diff(place) <= 3, "{peak} {place}");
    }

    #[test]
    fn no_data_draws_nothing() {
        let axis = LogAxis::around([1.0, 2.0].into_iter()).expect("an axis");
        assert!(hill(axis, &LEVELS, &[f64::NAN; 5], 30.0, "hill", "").is_empty());
        assert!(hill(axis, &LEVELS, &[], 30.0, "hill", "").is_empty());
        assert!(
            !hill(
                axis,
                &LEVELS,
                &[1.0, 1.0, 1.5, 2.0, 2.0],
                30.0,
                "hill",
                "<t>"
            )
            .is_empty()
        );
    }
}
