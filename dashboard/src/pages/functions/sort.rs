//! Sorting the list of functions.

use std::cmp::Ordering;

use serde::Serialize;

use super::Entry;
use crate::range::BadParameter;
use crate::web::Context;

/// A column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    Invocations,
    Errors,
    P50,
    P95,
    P99,
    ColdStarts,
    LastSeen,
}

impl Sort {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Name, "name", "Function"),
        (Self::Invocations, "invocations", "Invocations"),
        (Self::Errors, "errors", "Errors"),
        (Self::P50, "p50", "p50"),
        (Self::P95, "p95", "p95"),
        (Self::P99, "p99", "p99"),
        (Self::ColdStarts, "cold", "Cold starts"),
        (Self::LastSeen, "seen", "Last seen"),
    ];

    pub(super) fn parse(text: Option<&str>) -> Result<Self, BadParameter> {
        let Some(text) = text else {
            return Ok(Self::Invocations);
        };
        let found = Self::ALL.into_iter().find(|(_, key, _)| *key == text);
        found.map(|(sort, _, _)| sort).ok_or_else(|| {
            let keys: Vec<&str> = Self::ALL.iter().map(|(_, key, _)| *key).collect();
            BadParameter::new("sort", text, format!("sort by one of {}", keys.join(", ")))
        })
    }

    pub(super) fn needs_sketches(self) -> bool {
        matches!(self, Self::P50 | Self::P95 | Self::P99)
    }
}

#[derive(Serialize)]
pub(super) struct Column {
    label: &'static str,
    href: String,
    sorted: &'static str,
    class: &'static str,
}

/// Functions without a value stay at the end whichever way the others are sorted.
pub(super) fn sort_entries(entries: &mut [Entry<'_>], sort: Sort, ascending: bool) {
    let figure = |entry: &Entry<'_>| -> Option<f64> {
        let sums = &entry.sums;
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        match sort {
            Sort::Name => None,
            Sort::Invocations => (sums.invocations > 0).then_some(sums.invocations as f64),
            Sort::Errors => share(sums.errors, sums.invocations),
            Sort::P50 => entry.duration.p50,
            Sort::P95 => entry.duration.p95,
            Sort::P99 => entry.duration.p99,
            Sort::ColdStarts => share(sums.cold_starts, sums.cold_start_known),
            Sort::LastSeen => Some(entry.function.last_seen_ms as f64),
        }
    };
    entries.sort_by(|a, b| {
        let by_name = || {
            let key = |e: &Entry<'_>| {
                (
                    e.function.name.to_lowercase(),
                    e.function.function_id.clone(),
                )
            };
            key(a).cmp(&key(b))
        };
        if sort == Sort::Name {
            return if ascending {
                by_name()
            } else {
                by_name().reverse()
            };
        }
        match (figure(a), figure(b)) {
            (Some(x), Some(y)) if ascending => x.total_cmp(&y).then_with(by_name),
            (Some(x), Some(y)) => y.total_cmp(&x).then_with(by_name),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => b
                .function
                .last_seen_ms
                .cmp(&a.function.last_seen_ms)
                .then_with(by_name),
        }
    });
}

pub(super) fn columns(ctx: &Context, sort: Sort, ascending: bool) -> Vec<Column> {
    let class = |sort| match sort {
        Sort::Name => "",
        Sort::P50 | Sort::P99 => "num roomy",
        Sort::LastSeen => "num wide",
        Sort::ColdStarts => "num mid",
        _ => "num",
    };
    let column = |(this, key, label): (Sort, &'static str, &'static str)| {
        let sorted = this == sort;
        // Clicking the sorted column turns it round; a new one starts with what is worst.
        let wants_ascending = if sorted {
            !ascending
        } else {
            this == Sort::Name
        };
        let dir = if wants_ascending { "asc" } else { "desc" };
        Column {
            label,
            href: ctx.here(&[("sort", key), ("dir", dir), ("page", "")]),
            sorted: match (sorted, ascending) {
                (false, _) => "",
                (true, true) => "ascending",
                (true, false) => "descending",
            },
            class: class(this),
        }
    };
    Sort::ALL.into_iter().map(column).collect()
}
