//! What is left of a budget, as a bar.

use crate::parts::markup::{Svg, percent};

/// A bar as full as the budget; an overspent one is full of what is owed, as far as it fits.
pub(super) fn bar(remaining: Option<f64>) -> Svg {
    let mut svg = Svg::new();
    let Some(remaining) = remaining.filter(|left| left.is_finite()) else {
        return svg;
    };
    let class = match remaining {
        left if left <= 0.0 => "b-bad",
        left if left < 0.25 => "b-warn",
        _ => "b-all",
    };
    svg.open("svg", &[("class", "meter"), ("aria-hidden", "true")]);
    let rect = |svg: &mut Svg, class: &str, width: &str| {
        svg.tag(
            "rect",
            &[
                ("class", class),
                ("width", width),
                ("height", "7"),
                ("rx", "2"),
            ],
        );
    };
    rect(&mut svg, "b-none", "100%");
    rect(&mut svg, class, &percent(remaining.abs().min(1.0) * 100.0));
    svg.close("svg");
    svg
}
