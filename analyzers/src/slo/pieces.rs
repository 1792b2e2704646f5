//! What a store sums of an SLO's history: pieces between cuts of time. All windows that are asked for end
//! with the minute just closed, so that a few cuts stand for every one of them, however long they are.

use super::Plan;
use super::evaluate::BURN_WINDOWS;
use super::keep::ahead::LOOK_MINUTES;
use super::meter::Between;
use super::period::Stretch;
use super::units::{Events, Pair, occurrence};

/// Where the windows of a plan begin, where corrections begin and end, and the end of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cuts {
    /// Minutes since 1970, rising.
    pub at: Vec<i64>,
    /// What does not count, in no order.
    pub holes: Vec<Stretch>,
}

impl Cuts {
    /// Of all windows of `plan` that end with the last minute of the period `so_far`.
    #[must_use]
    pub fn of(plan: &Plan, so_far: Stretch) -> Self {
        let rules = plan.rules.iter();
        let alerts = rules.flat_map(|rule| [Some(rule.long), rule.short].into_iter().flatten());
        let windows = BURN_WINDOWS.iter().map(|(_, minutes)| *minutes);
        let mut at: Vec<i64> = windows
            .chain(alerts)
            .map(|minutes| so_far.end - minutes)
            .collect();
        // What falls out of a rolling window next.
        at.extend([so_far.begin, so_far.begin + LOOK_MINUTES, so_far.end]);
        let within = Stretch {
            begin: at.iter().copied().min().unwrap_or(so_far.begin),
            end: so_far.end,
        };
        Self::at(plan, within, at)
    }

    /// At these minutes of `within`, at its ends, and where corrections begin and end.
    #[must_use]
    pub fn at(plan: &Plan, within: Stretch, mut at: Vec<i64>) -> Self {
        at.extend([within.begin, within.end]);
        at.retain(|minute| (within.begin..=within.end).contains(minute));
        let corrections = plan.corrections.iter();
        let holes: Vec<Stretch> = corrections.flat_map(|one| one.stretches(within)).collect();
        at.extend(holes.iter().flat_map(|hole| [hole.begin, hole.end]));
        at.sort_unstable();
        at.dedup();
        Self { at, holes }
    }

    /// Whether a minute counts: no correction holds it.
    #[must_use]
    pub fn counts(&self, minute: i64) -> bool {
        let mut holes = self.holes.iter();
        !holes.any(|hole| (hole.begin..hole.end).contains(&minute))
    }
}

/// Sums of pairs between cuts.
#[derive(Clone, Debug, Default)]
pub struct Pieces(Vec<(i64, Pair)>);

impl Pieces {
    /// Takes the events that begin at a cut, unless they are corrected.
    pub fn add(&mut self, cuts: &Cuts, cut: i64, events: Events) {
        if cuts.counts(cut) {
            self.0.push((cut, occurrence(events)));
        }
    }

    /// Takes events as they are.
    pub fn put(&mut self, minute: i64, events: Events) {
        self.0.push((minute, occurrence(events)));
    }

    /// Adds all of another's.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }
}

impl Between for Pieces {
    /// Exact where both are cuts.
    fn between(&self, begin: i64, end: i64) -> Pair {
        let mut sum = Pair::default();
        for (cut, pair) in &self.0 {
            if (begin..end).contains(cut) {
                sum.bad += pair.bad;
                sum.total += pair.total;
            }
        }
        sum
    }
}
