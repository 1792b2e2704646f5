//! One side of a comparison: each value a dot, the middle half a box, the median a line. Two strips over one
//! axis show at a glance whether they differ, and how few values that rests on.

use super::markup::{Svg, coordinate, percent};
use super::shape::LogAxis;

/// Height of a strip, px.
pub const HEIGHT: f64 = 52.0;
/// Rows that dots are spread over so that equal values do not hide one another.
const ROWS: usize = 5;
/// Height of the box under the dots, px.
const FOOT: f64 = 14.0;

/// A strip of `values` and of their quantiles 10, 25, 50, 75 and 90 %. Quantiles that are no numbers draw
/// nothing.
#[must_use]
pub fn strip(axis: LogAxis, values: &[f64], quantiles: &[f64; 5], on: bool, title: &str) -> Svg {
    if quantiles.iter().any(|q| !q.is_finite()) {
        return Svg::new();
    }
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", if on { "strip on" } else { "strip" }),
            ("height", &coordinate(HEIGHT)),
            ("role", "img"),
            ("aria-label", title),
        ],
    );
    svg.element("title", &[], title);
    let [q10, q25, q50, q75, q90] = quantiles.map(|q| axis.place(q) * 100.0);
    let foot = HEIGHT - FOOT / 2.0;
    line(&mut svg, "whisker", (q10, q90), (foot, foot));
    let width = (q75 - q25).max(0.4);
    svg.tag(
        "rect",
        &[
            ("class", "half"),
            ("x", &percent(q25)),
            ("width", &percent(width)),
            ("y", &coordinate(HEIGHT - FOOT + 2.0)),
            ("height", &coordinate(FOOT - 4.0)),
        ],
    );
    for (i, value) in values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        // A walk by two rows of five puts neighbours, who are near in value, far apart.
        let row = (i * 2 % ROWS) as f64 + 0.5;
        let y = 3.0 + row / ROWS as f64 * (HEIGHT - FOOT - 6.0);
        let x = percent(axis.place(*value) * 100.0);
        svg.tag(
            "circle",
            &[("cx", &x), ("cy", &coordinate(y)), ("r", "2.6")],
        );
    }
    line(&mut svg, "median", (q50, q50), (0.0, HEIGHT));
    svg.close("svg");
    svg
}

fn line(svg: &mut Svg, class: &str, (x1, x2): (f64, f64), (y1, y2): (f64, f64)) {
    svg.tag(
        "line",
        &[
            ("class", class),
            ("x1", &percent(x1)),
            ("x2", &percent(x2)),
            ("y1", &coordinate(y1)),
            ("y2", &coordinate(y2)),
        ],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_a_dot_and_the_median_a_line() {
        let axis = LogAxis::around([100.0, 1_000.0].into_iter()).expect("an axis");
        let quantiles = [110.0, 150.0, 200.0, 300.0, 900.0];
        let svg = strip(axis, &[100.0, f64::NAN, 900.0], &quantiles, true, "<b>");
        assert_eq!(svg.as_str().matches("<circle").count(), 2);
        assert!(svg.as_str().contains("class=\"median\"") && !svg.as_str().contains("<b>"));
        assert!(strip(axis, &[], &[f64::NAN; 5], false, "").is_empty());
    }
}
