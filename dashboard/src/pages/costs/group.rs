//! What was spent, told apart: one group per function, region, tag value, …

use std::cmp::Ordering;
use std::collections::HashMap;

use analyzers::money::Usd;
use serde::Serialize;

use super::by::{By, Tags};
use super::ledger::Spent;
use crate::range::BadParameter;
use crate::web::Context;

/// What one group cost and did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Group {
    /// As [`By::key`] makes it.
    pub(super) key: String,
    /// Before free grants, which belong to no group.
    pub(super) cost: Usd,
    /// Of the cost: only because of steps and minimums.
    pub(super) waste: Usd,
    /// Of the cost: for initialisations.
    pub(super) init: Usd,
    pub(super) invocations: u64,
    pub(super) measured: u64,
    pub(super) derived: u64,
    pub(super) assumed: u64,
    /// Invocations nothing could be priced of but their request, or not even that.
    pub(super) unpriced: u64,
    pub(super) grams: f64,
    pub(super) grams_assumed: bool,
    /// Whether emissions are known of any of it.
    pub(super) emits: bool,
}

impl Group {
    /// Adds what was spent.
    pub(super) fn add(&mut self, spent: &Spent) {
        let usage = &spent.usage;
        self.cost += spent.cost;
        self.waste += spent.waste;
        self.init += spent.init;
        self.invocations += usage.invocations;
        self.measured += usage.billed_measured;
        self.derived += usage.billed_derived;
        self.assumed += usage.billed_assumed;
        self.unpriced += if spent.no_price.is_some() {
            usage.invocations
        } else {
            usage.unpriced
        };
        if let Some(carbon) = &spent.carbon {
            self.grams += carbon.grams;
            self.grams_assumed |= carbon.assumed;
            self.emits = true;
        }
    }

    /// Cost of a thousand invocations.
    pub(super) fn per_thousand(&self) -> Option<Usd> {
        (self.invocations > 0).then(|| self.cost.scale(1_000, self.invocations))
    }
}

/// The groups, in no order.
pub(super) fn groups(spent: &[Spent], by: &By, tags: &Tags) -> Vec<Group> {
    let mut found: HashMap<String, Group> = HashMap::new();
    for one in spent {
        let key = by.key(&one.usage, &one.id, tags);
        found.entry(key).or_default().add(one);
    }
    let named = |(key, group): (String, Group)| Group { key, ..group };
    found.into_iter().map(named).collect()
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    Cost,
    Invocations,
    PerThousand,
    Waste,
    Init,
    Carbon,
}

/// A heading that sorts.
#[derive(Serialize)]
pub(super) struct Column {
    label: String,
    href: String,
    sorted: &'static str,
    class: &'static str,
}

impl Sort {
    const ALL: [(Self, &'static str, &'static str, &'static str); 7] = [
        (Self::Name, "name", "", ""),
        (Self::Cost, "cost", "Cost", "num"),
        (Self::Invocations, "invocations", "Invocations", "num mid"),
        (Self::PerThousand, "thousand", "Per thousand", "num mid"),
        (Self::Waste, "rounding", "Rounding", "num wide"),
        (Self::Init, "init", "Start-up", "num wide"),
        (Self::Carbon, "carbon", "CO₂e", "num roomy"),
    ];

    /// `sort=cost&dir=asc`; the dearest first when nothing is said.
    pub(super) fn read(ctx: &Context) -> Result<(Self, bool), BadParameter> {
        let sort = match ctx.params.get("sort") {
            None => Self::Cost,
            Some(text) => {
                let found = Self::ALL.into_iter().find(|(_, key, ..)| *key == text);
                let keys: Vec<&str> = Self::ALL.iter().map(|(_, key, ..)| *key).collect();
                let reason = format!("sort by one of {}", keys.join(", "));
                found
                    .ok_or_else(|| BadParameter::new("sort", text, reason))?
                    .0
            }
        };
        match ctx.params.get("dir") {
            None => Ok((sort, sort == Self::Name)),
            Some("asc") => Ok((sort, true)),
            Some("desc") => Ok((sort, false)),
            Some(other) => Err(BadParameter::new("dir", other, "asc or desc")),
        }
    }

    fn figure(self, group: &Group) -> f64 {
        match self {
            Self::Name => 0.0,
            Self::Cost => group.cost.as_drawn(),
            Self::Invocations => group.invocations as f64,
            Self::PerThousand => group.per_thousand().map_or(-1.0, Usd::as_drawn),
            Self::Waste => group.waste.as_drawn(),
            Self::Init => group.init.as_drawn(),
            Self::Carbon => group.grams,
        }
    }
}

/// Sorts; what is equal stays by cost and then by name.
pub(super) fn sort(groups: &mut [Group], by: &By, sort: Sort, ascending: bool) {
    let turned = |order: Ordering| if ascending { order } else { order.reverse() };
    let name = |group: &Group| by.name(&group.key).0.to_lowercase();
    groups.sort_by(|a, b| {
        let by_name = || name(a).cmp(&name(b)).then_with(|| a.key.cmp(&b.key));
        match sort {
            Sort::Name => turned(by_name()),
            _ => turned(sort.figure(a).total_cmp(&sort.figure(b)))
                .then(b.cost.cmp(&a.cost))
                .then_with(by_name),
        }
    });
}

/// The headings.
pub(super) fn columns(ctx: &Context, by: &By, current: Sort, ascending: bool) -> Vec<Column> {
    let column = |(sort, key, label, class): (Sort, &'static str, &'static str, &'static str)| {
        let sorted = sort == current;
        // Clicking the sorted column turns it round; a new one starts with the most.
        let wants_ascending = if sorted {
            !ascending
        } else {
            sort == Sort::Name
        };
        let dir = if wants_ascending { "asc" } else { "desc" };
        Column {
            label: if sort == Sort::Name {
                by.label()
            } else {
                label.to_owned()
            },
            href: ctx.here(&[("sort", key), ("dir", dir), ("page", "")]),
            sorted: match (sorted, ascending) {
                (false, _) => "",
                (true, true) => "ascending",
                (true, false) => "descending",
            },
            class,
        }
    };
    Sort::ALL.into_iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use store::model::Usage;

    use super::*;

    fn spent(id: &str, cents: i64, invocations: u64) -> Spent {
        Spent {
            usage: Usage {
                function_id: id.into(),
                invocations,
                billed_measured: invocations,
                ..Usage::default()
            },
            id: id.parse().expect("an id"),
            cost: Usd::from_cents(cents),
            ..Spent::default()
        }
    }

    #[test]
    fn groups_add_up_to_the_whole_whatever_they_are_made_of() {
        let all = [
            spent("aws:1:eu:a", 100, 10),
            spent("aws:1:us:b", 50, 5),
            spent("gcp:p:eu:c", 25, 0),
        ];
        for by in [
            By::Function,
            By::Version,
            By::Provider,
            By::Region,
            By::Trigger,
            By::Tag("t".into()),
        ] {
            let found = groups(&all, &by, &Tags::new());
            let sum: Usd = found.iter().map(|g| g.cost).sum();
            assert_eq!(sum, Usd::from_cents(175), "{by:?}");
        }
    }

    #[test]
    fn groups_sort_by_each_column_in_both_ways() {
        let all = [spent("aws:1:eu:a", 100, 1), spent("aws:1:eu:b", 50, 1_000)];
        let mut found = groups(&all, &By::Function, &Tags::new());
        for (by, _, _, _) in Sort::ALL {
            sort(&mut found, &By::Function, by, true);
            let first = found[0].key.clone();
            sort(&mut found, &By::Function, by, false);
            let alike = matches!(by, Sort::Waste | Sort::Init | Sort::Carbon);
            assert_eq!(alike, found[0].key == first, "{by:?}");
        }
        sort(&mut found, &By::Function, Sort::PerThousand, false);
        assert_eq!(found[0].per_thousand(), Some(Usd::from_cents(100_000)));
    }
}
