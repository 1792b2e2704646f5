//! What a change is made of, as bars that add up.

use serde::Serialize;
use store::model::finding::Part;

use crate::format;
use crate::parts::diverging::{bar, reach};
use crate::parts::markup::Svg;

/// The parts with their sum.
#[derive(Serialize)]
pub(super) struct PartsView {
    title: &'static str,
    rows: Vec<PartRow>,
    /// The last row; `None` where parts are in different units and do not add up.
    sum: Option<PartRow>,
}

#[derive(Serialize)]
struct PartRow {
    name: String,
    note: String,
    value: String,
    bar_svg: Svg,
}

/// The largest first; nothing for no parts.
pub(super) fn view(parts: &[Part]) -> Option<PartsView> {
    let first = parts.first()?;
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    let one_unit = parts.iter().all(|part| part.unit == first.unit);
    let total: f64 = parts.iter().map(|part| part.value).sum();
    let adds_up = one_unit && parts.len() > 1;
    let range = reach(
        parts
            .iter()
            .map(|part| part.value)
            .chain(adds_up.then_some(total)),
    );
    let row = |part: &&Part| PartRow {
        name: format::bounded(&part.name, 80),
        note: format::bounded(&part.note, 160),
        value: format::signed(part.value, &part.unit),
        // Bars in different units do not compare.
        bar_svg: match one_unit {
            true => bar(part.value, range, false),
            false => Svg::new(),
        },
    };
    Some(PartsView {
        title: "What makes the difference",
        rows: sorted.iter().map(row).collect(),
        sum: adds_up.then(|| PartRow {
            name: "together".to_owned(),
            note: String::new(),
            value: format::signed(total, &first.unit),
            bar_svg: bar(total, range, true),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, value: f64, unit: &str) -> Part {
        Part {
            name: name.into(),
            value,
            unit: unit.into(),
            note: String::new(),
        }
    }

    #[test]
    fn parts_of_one_unit_add_up_the_largest_first() {
        let parts = [part("shorter", -0.3, "usd/h"), part("more", 1.5, "usd/h")];
        let view = view(&parts).expect("parts");
        assert_eq!(view.rows[0].name, "more");
        assert_eq!(view.rows[1].value.replace('\u{a0}', " "), "−$0.30 an hour");
        let sum = view.sum.expect("a sum");
        assert_eq!(sum.value.replace('\u{a0}', " "), "+$1.20 an hour");
    }

    #[test]
    fn parts_of_different_units_have_neither_sum_nor_bars() {
        let view = view(&[part("a", 1.0, "ms"), part("b", 2.0, "usd/h")]).expect("parts");
        assert!(view.sum.is_none() && view.rows[0].bar_svg.is_empty());
        assert!(super::view(&[]).is_none());
    }
}
