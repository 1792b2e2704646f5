//! Bars to either side of nothing: what adds to a sum and what takes from it.

use super::markup::{Svg, coordinate, percent};

const HEIGHT: f64 = 14.0;

/// The range that bars of these values share; always holds 0.
#[must_use]
pub fn reach(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|v| v.is_finite())
        .fold((0.0, 0.0), |(low, high), v| (low.min(v), high.max(v)))
}

/// One bar from 0 to `value` within the shared range.
#[must_use]
pub fn bar(value: f64, (low, high): (f64, f64), whole: bool) -> Svg {
    if !value.is_finite() || high <= low {
        return Svg::new();
    }
    let place = |v: f64| (v - low) / (high - low) * 100.0;
    let (from, to) = (place(value.min(0.0)), place(value.max(0.0)));
    let class = match (whole, value < 0.0) {
        (true, _) => "b-all",
        (false, true) => "b-less",
        (false, false) => "b-one",
    };
    let height = coordinate(HEIGHT);
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", "diverging"),
            ("height", &height),
            ("aria-hidden", "true"),
        ],
    );
    svg.tag(
        "rect",
        &[
            ("class", class),
            ("x", &percent(from)),
            // Little is never nothing.
            ("width", &percent((to - from).max(0.5))),
            ("y", "2"),
            ("height", &coordinate(HEIGHT - 4.0)),
        ],
    );
    let zero = percent(place(0.0));
    svg.tag(
        "line",
        &[
            ("class", "zero"),
            ("x1", &zero),
            ("x2", &zero),
            ("y1", "0"),
            ("y2", &height),
        ],
    );
    svg.close("svg");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_begin_at_nothing_and_point_to_their_side() {
        let range = reach([30.0, -10.0, f64::NAN].into_iter());
        assert_eq!(range, (-10.0, 30.0));
        let more = bar(30.0, range, false);
        assert!(more.as_str().contains("x=\"25%\"") && more.as_str().contains("width=\"75%\""));
        let less = bar(-10.0, range, false);
        assert!(less.as_str().contains("x=\"0%\"") && less.as_str().contains("b-less"));
        assert!(bar(0.0, reach([].into_iter()), false).is_empty());
    }
}
