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
fn a_band_is_one_area_per_stretch_and_a_limit_is_always_in_sight() {
    let layers = vec![
        Layer::Band {
            class: "band",
            low: vec![Some(1.0), Some(2.0), None, Some(f64::NAN), Some(1.0)],
            high: vec![Some(3.0), Some(4.0), Some(5.0), Some(5.0), Some(2.0)],
        },
        Layer::Level {
            class: "l-limit",
            value: 10.0,
            text: "budget <b>".into(),
        },
    ];
    let svg = draw(layers, &[]);
    // There and back again, then a point alone that is as wide as its bucket.
    assert!(
        svg.contains("d=\"M50 79L150 69L150 89L50 99zM400 89L500 89L500 99L400 99z\""),
        "{svg}"
    );
    assert!(
        svg.contains("class=\"l-limit\"") && svg.contains("budget &lt;b&gt;"),
        "{svg}"
    );
}

#[test]
fn a_shaded_time_stays_inside_the_axis() {
    let span = Layer::Span {
        class: "span",
        from_ms: 300_000,
        to_ms: 9_000_000,
        title: "it held".into(),
    };
    let svg = draw(vec![span], &[]);
    assert!(
        svg.contains("x=\"50%\"") && svg.contains("width=\"50%\""),
        "{svg}"
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
