//! The table of groups as a page shows it.

use std::collections::HashMap;

use analyzers::money::Usd;
use serde::Serialize;

use super::by::By;
use super::group::Group;
use crate::format;
use crate::parts::markup::Svg;
use crate::parts::spark;
use crate::web::Context;
use crate::web::link::with_query;

/// One group.
#[derive(Serialize)]
pub(super) struct RowView {
    name: String,
    remark: String,
    title: String,
    href: String,
    cost: String,
    cost_title: String,
    proof_href: String,
    share: String,
    spark_svg: Svg,
    invocations: String,
    per_thousand: String,
    waste: String,
    waste_title: String,
    init: String,
    init_title: String,
    carbon: String,
    carbon_title: &'static str,
    provenance: &'static str,
    provenance_title: String,
    no_price: bool,
}

/// Of what a group is a part.
pub(super) struct Whole<'a> {
    pub(super) by: &'a By,
    pub(super) total: Usd,
    /// Cost of each day, by group.
    pub(super) sparks: &'a HashMap<String, Vec<u64>>,
}

pub(super) fn row(ctx: &Context, whole: &Whole<'_>, group: &Group) -> RowView {
    let (name, remark) = whole.by.name(&group.key);
    let kept = ["month", "if"].map(|key| (key, ctx.params.get(key).unwrap_or("")));
    let of = |key: &str| ctx.here(&[("of", key), ("page", "")]) + "#bill";
    let id = group.key.split('\n').next().unwrap_or_default();
    let nothing = group.cost.pico() == 0 && group.unpriced == group.invocations;
    let money = |amount: Usd| {
        if nothing {
            format::UNKNOWN.to_owned()
        } else {
            format::money(amount)
        }
    };
    let days = whole.sparks.get(&group.key);
    RowView {
        href: match whole.by {
            By::Function | By::Version => with_query(&super::function_costs_path(id), kept),
            _ => of(&group.key),
        },
        name,
        remark,
        title: format::bounded(&group.key.replace('\n', " "), 200),
        cost: money(group.cost),
        cost_title: format!("${} before free grants", group.cost.exact()),
        proof_href: of(&group.key),
        share: group
            .cost
            .share_of(whole.total)
            .filter(|_| !nothing)
            .map_or(format::UNKNOWN.to_owned(), |s| format::ratio(s.min(1.0))),
        spark_svg: days.map_or_else(Svg::new, |days| {
            spark::traffic(days, &vec![0; days.len()], "cost of each day")
        }),
        invocations: format::count(group.invocations),
        per_thousand: match group.per_thousand() {
            Some(each) if !nothing => format::money(each),
            _ => format::UNKNOWN.to_owned(),
        },
        waste: part(group.waste, group.cost),
        waste_title: format!(
            "{} of the cost only because of steps and minimums",
            group.waste
        ),
        init: part(group.init, group.cost),
        init_title: format!("{} of the cost for initialisations", group.init),
        carbon: if group.emits {
            format::grams(group.grams)
        } else {
            format::UNKNOWN.to_owned()
        },
        carbon_title: match (group.emits, group.grams_assumed) {
            (false, _) => "no coefficients for this provider",
            (_, true) => "estimated; its region or processor is assumed",
            _ => "estimated from memory, processor and the region's grid",
        },
        provenance: provenance(group),
        provenance_title: super::proof::of_counted(&super::proof::Counted {
            invocations: group.invocations,
            measured: group.measured,
            derived: group.derived,
            assumed: group.assumed,
        }),
        no_price: nothing,
    }
}

fn part(amount: Usd, whole: Usd) -> String {
    match amount.share_of(whole) {
        Some(share) => format::ratio(share),
        None => format::UNKNOWN.to_owned(),
    }
}

/// The word for most of it: what fewer than half of the invocations are is no word for all.
pub(super) fn provenance(group: &Group) -> &'static str {
    let known = group.measured + group.derived + group.assumed;
    match known {
        0 => "",
        _ if group.assumed * 2 >= known => "assumed",
        _ if group.measured * 2 > known && group.assumed == 0 => "measured",
        _ => "derived",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_a_group_is_no_better_than_what_it_is_made_of() {
        let group = |measured, derived, assumed| Group {
            measured,
            derived,
            assumed,
            ..Group::default()
        };
        assert_eq!(provenance(&group(10, 2, 0)), "measured");
        assert_eq!(provenance(&group(10, 2, 1)), "derived");
        assert_eq!(provenance(&group(2, 10, 0)), "derived");
        assert_eq!(provenance(&group(5, 0, 5)), "assumed");
        assert_eq!(provenance(&group(0, 0, 0)), "");
    }
}
