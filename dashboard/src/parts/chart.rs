//! The one kind of time chart: bars, lines and dots over a shared time axis, deploys as thin marks.
//!
//! Horizontal places are per cent and vertical ones pixels, so that text keeps its size at any
//! width. Lines need numbers, not per cent: they live in an inner drawing that is stretched.

use serde::Serialize;

use super::markup::{Svg, coordinate, percent};
use super::scale::{Measure, TimeAxis, ticks};

/// Width of the inner, stretched drawing; a line has a few hundred points at most.
const STRETCH: f64 = 1000.0;
/// Space above the plot, px: half a label.
const TOP: f64 = 9.0;
/// Space below the plot for the labels of the time axis, px.
const BOTTOM: f64 = 20.0;
/// Marks beyond this many carry no text, only a line.
const MAX_MARK_TEXTS: usize = 6;
/// Most deploys named in the text alternative, the newest ones.
const MAX_MARKS_SAID: usize = 5;

/// A version that appeared.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// What: the version, with its function where the chart is of many.
    pub text: String,
}

/// One dot.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// How much.
    pub value: f64,
    /// What it says on hovering.
    pub title: String,
    /// Where it leads; empty for nowhere.
    pub href: String,
    /// Style class.
    pub class: &'static str,
}

/// What is drawn, in this order. Values stand one per bucket; `None` is a gap.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Bars on top of the bars before them.
    Bars {
        /// Style class and legend swatch.
        class: &'static str,
        /// Height of each bucket's bar.
        values: Vec<Option<f64>>,
    },
    /// A line that breaks where a bucket has no value.
    Line {
        /// Style class and legend swatch.
        class: &'static str,
        /// Value of each bucket.
        values: Vec<Option<f64>>,
    },
    /// Single events.
    Dots(Vec<Dot>),
}

/// A time chart before drawing.
#[derive(Clone, Debug)]
pub struct TimeChart<'a> {
    /// The page's axis.
    pub axis: &'a TimeAxis,
    /// Starts of the buckets, s since the epoch.
    pub buckets: &'a [u32],
    /// Length of a bucket, s.
    pub step_s: u32,
    /// How values are written.
    pub measure: Measure,
    /// Height of the plot without labels, px.
    pub height: u32,
    /// What is drawn.
    pub layers: Vec<Layer>,
    /// Deploys.
    pub marks: &'a [Mark],
    /// What each bucket says on hovering; empty for silent buckets.
    pub hovers: Vec<String>,
    /// What the chart shows, in a sentence, for those who do not see it.
    pub summary: String,
}

/// A chart ready for the page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChartView {
    /// Heading.
    pub title: String,
    /// A remark beside the heading; may be empty.
    pub note: String,
    /// What the styles mean.
    pub legend: Vec<LegendItem>,
    /// The drawing; empty when there is nothing to draw.
    pub chart_svg: Svg,
    /// What to say instead of an empty drawing.
    pub empty: String,
    /// The table behind the chart; empty when there is none.
    pub table_href: String,
}

/// One entry of a legend.
#[derive(Clone, Debug, Serialize)]
pub struct LegendItem {
    /// Style class of the swatch.
    pub class: String,
    /// Name.
    pub name: String,
    /// A figure beside it; may be empty.
    pub value: String,
}

impl LegendItem {
    /// A swatch, its name and a figure.
    #[must_use]
    pub fn new(class: &str, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            class: class.to_owned(),
            name: name.into(),
            value: value.into(),
        }
    }
}

struct Plot {
    low: f64,
    high: f64,
    height: f64,
}

impl Plot {
    /// Distance from the top of the drawing, px.
    fn y(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        TOP + self.height * (1.0 - share)
    }
}

impl TimeChart<'_> {
    /// Draws the chart.
    #[must_use]
    pub fn draw(&self) -> Svg {
        let (low, high) = self.extent();
        let labels = ticks(low, high, 4, &self.measure);
        let plot = Plot {
            low: labels[0],
            high: labels[labels.len() - 1],
            height: f64::from(self.height),
        };
        let full = coordinate(plot.height + TOP + BOTTOM);
        let mut svg = Svg::new();
        svg.open(
            "svg",
            &[
                ("class", "chart-y"),
                ("height", &full),
                ("aria-hidden", "true"),
            ],
        );
        for value in &labels {
            let y = coordinate(plot.y(*value) + 3.5);
            svg.element(
                "text",
                &[("x", "100%"), ("y", &y)],
                &self.measure.write(*value),
            );
        }
        svg.close("svg");
        let role = if self.has_links() { "group" } else { "img" };
        svg.open(
            "svg",
            &[
                ("class", "chart-plot"),
                ("height", &full),
                ("role", role),
                ("aria-label", &self.said()),
            ],
        );
        self.grid(&mut svg, &plot, &labels);
        self.hover_areas(&mut svg, &plot);
        self.stretched(&mut svg, &plot);
        self.deploy_marks(&mut svg, &plot);
        self.dots(&mut svg, &plot);
        svg.close("svg");
        svg
    }

    /// The summary, and the deploys drawn over it.
    fn said(&self) -> String {
        let inside =
            |mark: &&Mark| (0.0..=100.0).contains(&self.axis.percent_ms(mark.at_ms as f64));
        let marks: Vec<&Mark> = self.marks.iter().filter(inside).collect();
        let said = |mark: &&&Mark| {
            let when = self.axis.clock().day_minute(mark.at_ms);
            format!("{} {when}", crate::format::bounded(&mark.text, 40))
        };
        let newest: Vec<String> = marks
            .iter()
            .rev()
            .take(MAX_MARKS_SAID)
            .map(|m| said(&m))
            .collect();
        match (newest.is_empty(), marks.len().saturating_sub(newest.len())) {
            (true, _) => self.summary.clone(),
            (false, 0) => format!("{} Deploys: {}.", self.summary, newest.join(", ")),
            (false, n) => format!(
                "{} Deploys: {} and {n} before.",
                self.summary,
                newest.join(", ")
            ),
        }
    }

    fn has_links(&self) -> bool {
        let linked = |dots: &Vec<Dot>| dots.iter().any(|dot| !dot.href.is_empty());
        self.layers
            .iter()
            .any(|layer| matches!(layer, Layer::Dots(dots) if linked(dots)))
    }

    /// Least and greatest value drawn, bars stacked.
    fn extent(&self) -> (f64, f64) {
        let mut stack = vec![0.0; self.buckets.len()];
        let mut seen: Vec<f64> = Vec::new();
        for layer in &self.layers {
            match layer {
                Layer::Bars { values, .. } => {
                    for (top, value) in stack.iter_mut().zip(values) {
                        *top += finite(*value).unwrap_or(0.0);
                    }
                }
                Layer::Line { values, .. } => seen.extend(values.iter().filter_map(|v| finite(*v))),
                Layer::Dots(dots) => seen.extend(dots.iter().map(|d| d.value)),
            }
        }
        seen.extend(stack);
        let low = seen
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0, f64::min);
        let high = seen
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0, f64::max);
        (low, high)
    }

    fn grid(&self, svg: &mut Svg, plot: &Plot, labels: &[f64]) {
        for value in labels {
            let y = coordinate(plot.y(*value).round() + 0.5);
            let class = if *value == 0.0 { "base" } else { "grid" };
            svg.tag(
                "line",
                &[
                    ("class", class),
                    ("x1", "0"),
                    ("x2", "100%"),
                    ("y1", &y),
                    ("y2", &y),
                ],
            );
        }
        let bottom = TOP + plot.height;
        let text_y = coordinate(bottom + 15.0);
        for (at, text) in self.axis.labels() {
            let x = percent(at);
            let (y1, y2) = (coordinate(bottom), coordinate(bottom + 4.0));
            svg.tag(
                "line",
                &[
                    ("class", "tick"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y1", &y1),
                    ("y2", &y2),
                ],
            );
            // Text at the very edge would be cut off or run into the neighbour.
            if (2.5..=97.5).contains(&at) {
                svg.element("text", &[("class", "at"), ("x", &x), ("y", &text_y)], &text);
            }
        }
    }

    /// Left edge and width of a bucket, per cent.
    fn span(&self, start_s: u32) -> (f64, f64) {
        let left = self.axis.clamped_ms(f64::from(start_s) * 1e3);
        let right = self
            .axis
            .clamped_ms((f64::from(start_s) + f64::from(self.step_s)) * 1e3);
        (left, right - left)
    }

    fn hover_areas(&self, svg: &mut Svg, plot: &Plot) {
        let (y, height) = (coordinate(TOP), coordinate(plot.height));
        for (start, text) in self.buckets.iter().zip(&self.hovers) {
            if text.is_empty() {
                continue;
            }
            let (left, width) = self.span(*start);
            svg.open(
                "rect",
                &[
                    ("class", "hit"),
                    ("x", &percent(left)),
                    ("width", &percent(width)),
                    ("y", &y),
                    ("height", &height),
                ],
            );
            svg.element("title", &[], text);
            svg.close("rect");
        }
    }

    fn stretched(&self, svg: &mut Svg, plot: &Plot) {
        let full = plot.height + TOP + BOTTOM;
        svg.open(
            "svg",
            &[
                ("class", "stretch"),
                ("viewBox", &format!("0 0 {STRETCH} {full}")),
                ("preserveAspectRatio", "none"),
                ("width", "100%"),
                ("height", &coordinate(full)),
            ],
        );
        let mut stack = vec![0.0; self.buckets.len()];
        for layer in &self.layers {
            let (class, path) = match layer {
                Layer::Bars { class, values } => (*class, self.bars(plot, values, &mut stack)),
                Layer::Line { class, values } => (*class, self.line(plot, values)),
                Layer::Dots(_) => continue,
            };
            if !path.is_empty() {
                svg.tag("path", &[("class", class), ("d", &path)]);
            }
        }
        svg.close("svg");
    }

    fn bars(&self, plot: &Plot, values: &[Option<f64>], stack: &mut [f64]) -> String {
        let mut path = String::new();
        for ((start, value), below) in self.buckets.iter().zip(values).zip(stack) {
            let Some(value) = finite(*value).filter(|v| *v > 0.0) else {
                continue;
            };
            let (left, width) = self.span(*start);
            // A tenth of the width is air between bars; the least visible height is one pixel.
            let (x, w) = ((left + width * 0.08) * 10.0, width * 8.4);
            let bottom = plot.y(*below);
            let top = plot.y(*below + value).min(bottom - 1.0);
            path.push_str(&format!(
                "M{} {}h{}V{}h-{}z",
                coordinate(x),
                coordinate(bottom),
                coordinate(w),
                coordinate(top),
                coordinate(w)
            ));
            *below += value;
        }
        path
    }

    fn line(&self, plot: &Plot, values: &[Option<f64>]) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for (i, (start, value)) in self.buckets.iter().zip(values).enumerate() {
            let Some(value) = finite(*value) else {
                pen_down = false;
                continue;
            };
            let (left, width) = self.span(*start);
            let (x, y) = (
                coordinate((left + width / 2.0) * 10.0),
                coordinate(plot.y(value)),
            );
            path.push_str(&format!("{}{x} {y}", if pen_down { 'L' } else { 'M' }));
            // A point between two gaps has no length; a zero-length line with a round cap shows it.
            let alone = !pen_down && values.get(i + 1).copied().and_then(finite).is_none();
            if alone {
                path.push_str("h0");
            }
            pen_down = true;
        }
        path
    }

    fn deploy_marks(&self, svg: &mut Svg, plot: &Plot) {
        let (y1, y2) = (coordinate(TOP - 4.0), coordinate(TOP + plot.height));
        let mut last_text = -100.0;
        for mark in self.marks {
            let at = self.axis.percent_ms(mark.at_ms as f64);
            if !(0.0..=100.0).contains(&at) {
                continue;
            }
            let x = percent(at);
            svg.open("g", &[("class", "deploy")]);
            let when = self.axis.clock().day_minute(mark.at_ms);
            svg.element("title", &[], &format!("deploy of {}, {when}", mark.text));
            svg.tag("line", &[("x1", &x), ("x2", &x), ("y1", &y1), ("y2", &y2)]);
            if self.marks.len() <= MAX_MARK_TEXTS && at - last_text > 9.0 && at < 92.0 {
                let text = crate::format::bounded(&mark.text, 14);
                svg.element("text", &[("x", &x), ("dx", "4"), ("y", "10")], &text);
                last_text = at;
            }
            svg.close("g");
        }
    }

    fn dots(&self, svg: &mut Svg, plot: &Plot) {
        for layer in &self.layers {
            let Layer::Dots(dots) = layer else { continue };
            for dot in dots.iter().filter(|dot| dot.value.is_finite()) {
                let x = percent(self.axis.clamped_ms(dot.at_ms as f64));
                let y = coordinate(plot.y(dot.value));
                if !dot.href.is_empty() {
                    svg.open("a", &[("href", &dot.href)]);
                }
                svg.open(
                    "circle",
                    &[("class", dot.class), ("cx", &x), ("cy", &y), ("r", "2.5")],
                );
                svg.element("title", &[], &dot.title);
                svg.close("circle");
                if !dot.href.is_empty() {
                    svg.close("a");
                }
            }
        }
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Clock;
    use store::model::UnixNano;
    use store::read::Window;

    fn axis() -> TimeAxis {
        let window = Window {
            from: UnixNano::from_secs(0),
            to: UnixNano::from_secs(600),
        };
        TimeAxis::new(window, Clock::utc())
    }

    fn draw(layers: Vec<Layer>, marks: &[Mark]) -> String {
        let buckets = [0, 60, 120, 180, 240, 300, 360, 420, 480, 540];
        let chart = TimeChart {
            axis: &axis(),
            buckets: &buckets,
            step_s: 60,
            measure: Measure::Count,
            height: 100,
            layers,
            marks,
            hovers: vec!["<b>".into()],
            summary: "a \"summary\"".into(),
        };
        chart.draw().as_str().to_owned()
    }

    #[test]
    fn a_missing_bucket_is_a_gap_in_the_line() {
        let values = vec![Some(1.0), Some(2.0), None, Some(4.0), None, Some(f64::NAN)];
        let svg = draw(
            vec![Layer::Line {
                class: "p50",
                values,
            }],
            &[],
        );
        // Two points, a gap, then a point alone which gets a cap to be seen by.
        assert!(svg.contains("d=\"M50 84L150 59M350 9h0\""), "{svg}");
    }

    #[test]
    fn bars_stack_and_little_is_still_seen() {
        let layers = vec![
            Layer::Bars {
                class: "ok",
                values: vec![Some(1000.0)],
            },
            Layer::Bars {
                class: "bad",
                values: vec![Some(0.001)],
            },
        ];
        let svg = draw(layers, &[]);
        assert!(svg.contains("class=\"ok\" d=\"M8 109h84V"), "{svg}");
        let bad = svg
            .split("class=\"bad\" d=\"M8 ")
            .nth(1)
            .expect("a bar of errors");
        let (bottom, rest) = bad.split_once("h84V").expect("a bar");
        let top = rest.split("h-").next().expect("a top");
        assert!(
            bottom.parse::<f64>().unwrap() - top.parse::<f64>().unwrap() >= 1.0,
            "{bad}"
        );
    }

    #[test]
    fn deploys_inside_the_window_are_marked_with_their_version() {
        let mark = |at_ms, text: &str| Mark {
            at_ms,
            text: text.into(),
        };
        let svg = draw(vec![], &[mark(300_000, "42<"), mark(900_000, "43")]);
        assert!(
            svg.contains("x1=\"50%\"") && svg.contains(">42&lt;<"),
            "{svg}"
        );
        assert!(!svg.contains("43"), "outside the window: {svg}");
        assert!(
            svg.contains("a &quot;summary&quot; Deploys: 42&lt; "),
            "{svg}"
        );
    }

    #[test]
    fn of_many_deploys_the_text_names_the_newest_and_counts_the_rest() {
        let mark = |i: i64| Mark {
            at_ms: i * 1_000,
            text: format!("v{i}"),
        };
        let marks: Vec<Mark> = (1..=9).map(mark).collect();
        let svg = draw(vec![], &marks);
        let said = svg.split("aria-label=\"").nth(1).expect("a label");
        assert!(
            said.contains("Deploys: v9 ") && said.contains("v5 ") && said.contains("and 4 before."),
            "{said}"
        );
        assert!(
            !said.split("and 4").next().expect("a part").contains("v4 "),
            "{said}"
        );
    }

    #[test]
    fn hostile_text_is_escaped_everywhere() {
        let dot = Dot {
            at_ms: 1,
            value: 1.0,
            title: "<script>".into(),
            href: "/traces/\"x".into(),
            class: "dot",
        };
        let svg = draw(vec![Layer::Dots(vec![dot])], &[]);
        assert!(
            !svg.contains("<script>") && !svg.contains("<b>") && !svg.contains("/\"x"),
            "{svg}"
        );
        assert!(
            svg.contains("role=\"group\""),
            "dots that lead somewhere can be reached: {svg}"
        );
    }

    #[test]
    fn nothing_to_draw_is_still_an_axis() {
        let svg = draw(vec![], &[]);
        assert!(svg.contains("chart-plot") && !svg.contains("NaN"), "{svg}");
    }
}
