//! Reckons SLOs at one minute out of what was measured: window sums of all groups in one question, or minutes
//! where slices of them are judged.

use std::collections::BTreeMap;

use store::slos::{self, MinuteRow, PieceRow};
use store::{Store, StoreError};

use crate::slo::alerts::State;
use crate::slo::catalogue::Entry;
use crate::slo::evaluate::{Line, line, rates};
use crate::slo::openslo::BudgetingMethod;
use crate::slo::period::Stretch;
use crate::slo::pieces::{Cuts, Pieces};
use crate::slo::statement::{Statement, state};
use crate::slo::units::{Counts, Events, Pair};
use crate::slo::{Fraction, Meter, Plan};

/// Minutes that slices are judged by, of one SLO: 46 groups of 30 days, 80 MB for a moment.
pub const SLICE_MINUTES_MAX: u64 = 2_000_000;

/// What answers for one group.
#[derive(Clone, Debug)]
pub enum Known {
    /// Sums between cuts.
    Pieces(Meter<Pieces>),
    /// Every minute.
    Minutes(Meter),
}

/// A group of an SLO, ready to be looked at.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which entry, by its place.
    pub entry: usize,
    /// Its parts, told apart by U+001F; the whole is empty.
    pub name: String,
    /// What answers for it.
    pub known: Known,
}

impl Group {
    /// What is known at the end of `so_far`; `states` are stepped.
    #[must_use]
    pub fn line(
        &self,
        entry: &Entry,
        so_far: Stretch,
        rates: &[Fraction],
        states: &mut [State],
    ) -> Line {
        let (plan, least) = (&entry.plan, i128::from(entry.plan.min_bad_events));
        match &self.known {
            Known::Pieces(meter) => line(plan, meter, so_far, rates, states, least),
            Known::Minutes(meter) => line(plan, meter, so_far, rates, states, least),
        }
    }

    /// Bad and all events of a window.
    #[must_use]
    pub fn events(&self, window: Stretch) -> Pair {
        self.known.events(window)
    }
}

impl Known {
    /// Bad and all events of a window.
    #[must_use]
    pub fn events(&self, window: Stretch) -> Pair {
        match self {
            Self::Pieces(meter) => meter.events(window),
            Self::Minutes(meter) => meter.events(window),
        }
    }

    /// How fast a window burns; `None` without events.
    #[must_use]
    pub fn burn(&self, window: Stretch) -> Option<Fraction> {
        let reading = match self {
            Self::Pieces(meter) => meter.read(window),
            Self::Minutes(meter) => meter.read(window),
        };
        reading.map(|reading| reading.burn())
    }

    /// What a part of a window spent of the whole window's budget, see [`Meter::spent`].
    #[must_use]
    pub fn spent(&self, part: Stretch, whole: Stretch) -> Option<Fraction> {
        match self {
            Self::Pieces(meter) => meter.spent(part, whole),
            Self::Minutes(meter) => meter.spent(part, whole),
        }
    }

    /// What a period came to, see [`state`].
    #[must_use]
    pub fn state(
        &self,
        plan: &Plan,
        corrected: &Pieces,
        (period, until): (Stretch, i64),
        days: &[i64],
    ) -> Statement {
        match self {
            Self::Pieces(meter) => state(plan, meter, corrected, period, until, days),
            Self::Minutes(meter) => state(plan, meter, corrected, period, until, days),
        }
    }
}

/// The period up to `minute`, with its whole length.
#[must_use]
pub fn period(entry: &Entry, minute: i64) -> (Stretch, i64) {
    let period = entry.plan.period.around(minute);
    let so_far = Stretch {
        begin: period.begin,
        end: minute + 1,
    };
    (so_far, period.minutes())
}

/// The thresholds of an entry's alerts at `minute`.
#[must_use]
pub fn thresholds(entry: &Entry, minute: i64) -> Vec<Fraction> {
    rates(&entry.plan, period(entry, minute).1)
}

/// All groups of `entries` that have events, with `minute` just closed. An SLO with too many groups to judge
/// slices of is left out.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn groups(
    store: &Store,
    entries: &[Entry],
    minute: i64,
) -> Result<Vec<Group>, StoreError> {
    let mut groups = Vec::new();
    let mut together: BTreeMap<Vec<i64>, Vec<(usize, Cuts)>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        if entry.questions.is_err() {
            continue;
        }
        let (so_far, _) = period(entry, minute);
        if entry.plan.method == BudgetingMethod::Occurrences {
            let cuts = Cuts::of(&entry.plan, so_far);
            together
                .entry(cuts.at.clone())
                .or_default()
                .push((number, cuts));
        } else {
            groups.extend(by_minutes(store, entries, number, so_far).await?);
        }
    }
    for (at, own) in together {
        let of = |number: usize| entries[number].questions.iter().flatten();
        let mut measures: Vec<&str> = own
            .iter()
            .flat_map(|(number, _)| of(*number).map(|question| question.measure.as_str()))
            .collect();
        measures.sort_unstable();
        measures.dedup();
        let cuts_s: Vec<i64> = at.iter().map(|minute| minute * 60).collect();
        let rows = slos::pieces(store, &measures, &cuts_s, &[]).await?;
        let by_measure = sorted(&rows);
        for (number, cuts) in &own {
            groups.extend(by_pieces(entries, *number, cuts, &by_measure));
        }
    }
    Ok(groups)
}

type Rows<'a, R> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a R>>>;

fn sorted(rows: &[PieceRow]) -> Rows<'_, PieceRow> {
    let mut sorted: Rows<'_, PieceRow> = BTreeMap::new();
    for row in rows {
        let groups = sorted.entry(&row.measure).or_default();
        groups.entry(&row.group).or_default().push(row);
    }
    sorted
}

fn by_pieces(
    entries: &[Entry],
    number: usize,
    cuts: &Cuts,
    rows: &Rows<'_, PieceRow>,
) -> Vec<Group> {
    let entry = &entries[number];
    let questions = entry.questions.as_deref().unwrap_or_default();
    let count = questions.len();
    let mut parts: BTreeMap<&str, Vec<Pieces>> = BTreeMap::new();
    for (objective, question) in questions.iter().enumerate() {
        for (group, rows) in rows.get(question.measure.as_str()).into_iter().flatten() {
            let parts = parts
                .entry(group)
                .or_insert_with(|| vec![Pieces::default(); count]);
            for row in rows {
                let events = Events {
                    good: row.good.min(row.total),
                    total: row.total,
                };
                parts[objective].add(cuts, row.piece_s.div_euclid(60), events);
            }
        }
    }
    let group = |(name, parts): (&str, Vec<Pieces>)| {
        let mut events = Pieces::default();
        parts.iter().for_each(|part| events.merge(part));
        Group {
            entry: number,
            name: name.to_owned(),
            known: Known::Pieces(Meter::of(&entry.plan, parts, events)),
        }
    };
    parts.into_iter().map(group).collect()
}

async fn by_minutes(
    store: &Store,
    entries: &[Entry],
    number: usize,
    so_far: Stretch,
) -> Result<Vec<Group>, StoreError> {
    let entry = &entries[number];
    let questions = entry.questions.as_deref().unwrap_or_default();
    let measures: Vec<&str> = questions.iter().map(|q| q.measure.as_str()).collect();
    let begin = Cuts::of(&entry.plan, so_far).at.first().copied();
    let within = Stretch {
        begin: begin.unwrap_or(so_far.begin),
        end: so_far.end,
    };
    let (from_s, to_s) = (within.begin * 60, within.end * 60);
    let span = (from_s, to_s);
    let rows = slos::minutes(store, &measures, &[], span, SLICE_MINUTES_MAX).await?;
    if rows.len() as u64 > SLICE_MINUTES_MAX {
        tracing::warn!(
            slo = entry.key(),
            "it has too many groups for slices of each to be judged; group by less"
        );
        return Ok(Vec::new());
    }
    let group = |rows: &[MinuteRow]| Group {
        entry: number,
        name: rows[0].group.clone(),
        known: Known::Minutes(Meter::new(&entry.plan, counts(rows, &measures, within))),
    };
    Ok(rows
        .chunk_by(|a, b| a.group == b.group)
        .map(group)
        .collect())
}

/// The counts of each measure, in order, over all of `within`.
pub(super) fn counts(rows: &[MinuteRow], measures: &[&str], within: Stretch) -> Vec<Counts> {
    let length = usize::try_from(within.minutes()).unwrap_or(0);
    let of = |measure: &&str| {
        let mut minutes = vec![Events::default(); length];
        for row in rows.iter().filter(|row| row.measure == *measure) {
            let at = usize::try_from(i64::from(row.minute_s / 60) - within.begin);
            if let Some(events) = at.ok().and_then(|at| minutes.get_mut(at)) {
                *events = Events {
                    good: row.good.min(row.total),
                    total: row.total,
                };
            }
        }
        Counts {
            first: within.begin,
            minutes,
        }
    };
    measures.iter().map(of).collect()
}
