//! Before and after: two distributions over one axis, with the deploy between them.

use serde::Serialize;
use store::model::Finding;
use store::model::finding::Side;

use super::charts::measure;
use super::one::Known;
use crate::format;
use crate::parts::markup::Svg;
use crate::parts::shape::{LogAxis, ruler};
use crate::parts::strip::strip;
use crate::web::Context;

/// Two distributions compared.
#[derive(Serialize)]
pub(super) struct SidesView {
    title: &'static str,
    sentence: String,
    rows: Vec<SideRow>,
    between: String,
    ruler_svg: Svg,
}

#[derive(Serialize)]
struct SideRow {
    name: String,
    remark: String,
    strip_svg: Svg,
    /// Quantiles 10, 25, 50, 75 and 90 %.
    quantiles: Vec<String>,
}

pub(super) fn view(ctx: &Context, known: &Known) -> Option<SidesView> {
    let finding = &known.finding;
    let evidence = &finding.evidence;
    let sides = [evidence.before.as_ref(), evidence.after.as_ref()];
    let (measure, factor) = measure(&finding.unit);
    let drawn = |side: &Side| {
        let values: Vec<f64> = side.values.iter().map(|v| v * factor).collect();
        (values, side.quantiles.map(|q| q * factor))
    };
    let all = sides.iter().flatten().flat_map(|side| {
        let (values, quantiles) = drawn(side);
        values.into_iter().chain(quantiles)
    });
    let axis = LogAxis::around(all)?;
    let row = |side: &Side, on: bool| {
        let (values, quantiles) = drawn(side);
        let name = name(finding, on);
        let told = side.quantiles.map(|q| format::quantity(q, &finding.unit));
        let counted = format::counted(side.n, "value", "values");
        let title = format!(
            "{name}: {counted}, median {}, the middle half from {} to {}",
            told[2], told[1], told[3]
        );
        SideRow {
            strip_svg: strip(axis, &values, &quantiles, on, &title),
            remark: match side.values.len() as u64 {
                shown if shown > 0 && shown < side.n => format!("{counted}, {shown} shown"),
                _ => counted,
            },
            quantiles: told.to_vec(),
            name,
        }
    };
    let rows = [(sides[0], false), (sides[1], true)];
    Some(SidesView {
        title: "Before and since",
        sentence: sentence(finding),
        rows: rows
            .into_iter()
            .filter_map(|(side, on)| Some(row(side?, on)))
            .collect(),
        between: between(ctx, known),
        ruler_svg: ruler(axis, &measure),
    })
}

fn name(finding: &Finding, since: bool) -> String {
    let version = format::bounded(&finding.version, 30);
    match (since, version.is_empty()) {
        (true, false) => format!("version {version}"),
        (true, true) => "since".to_owned(),
        (false, _) => "before".to_owned(),
    }
}

/// What stands between the two: the deploy of this version, else the begin.
fn between(ctx: &Context, known: &Known) -> String {
    let finding = &known.finding;
    let clock = &ctx.range.clock;
    let deployed = (known.deploys.iter())
        .find(|deploy| !finding.version.is_empty() && deploy.version == finding.version);
    let at_ms = deployed.map_or(finding.began_at.as_millis(), |deploy| deploy.at_ms);
    let since = format!("since {}", clock.day_minute(at_ms));
    match finding.version.is_empty() {
        true => since,
        false => format!("version {} {since}", format::bounded(&finding.version, 30)),
    }
}

/// The comparison in a sentence.
fn sentence(finding: &Finding) -> String {
    let (Some(before), Some(after)) = (&finding.evidence.before, &finding.evidence.after) else {
        return String::new();
    };
    let q = |value: f64| format::quantity(value, &finding.unit);
    let (was, is) = (before.quantiles, after.quantiles);
    let overlap = match () {
        () if is[0] > was[4] => "nine in ten are now above nine in ten before",
        () if is[4] < was[0] => "nine in ten are now below nine in ten before",
        () if is[1] > was[3] => "the middle halves do not overlap",
        () if is[3] < was[1] => "the middle halves do not overlap",
        () => "the middle halves overlap",
    };
    format!(
        "The median went from {} to {}; {overlap}.",
        q(was[2]),
        q(is[2])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::finding;

    #[test]
    fn the_sentence_says_whether_the_sides_overlap() {
        let mut one = finding("cold_start_regression");
        let told = |f: &Finding| sentence(f).replace('\u{a0}', " ");
        assert_eq!(
            told(&one),
            "The median went from 180 ms to 260 ms; the middle halves do not overlap."
        );
        one.evidence.after = one.evidence.before.clone();
        assert!(told(&one).ends_with("the middle halves overlap."));
        one.evidence.after = Some(Side {
            quantiles: [900.0; 5],
            ..Side::default()
        });
        assert!(told(&one).contains("nine in ten are now above"));
        one.evidence.after = None;
        assert!(told(&one).is_empty());
    }

    #[test]
    fn a_side_is_named_by_its_version_where_there_is_one() {
        let mut one = finding("cold_start_shift");
        assert_eq!(
            (name(&one, true), name(&one, false)),
            ("version 42".into(), "before".into())
        );
        one.version.clear();
        assert_eq!(name(&one, true), "since");
    }
}
