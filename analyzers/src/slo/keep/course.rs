//! What groups of SLOs did within any stretch of the past, told by cuts of time: for reports and charts.

use std::collections::BTreeMap;

use store::slos::{self, MinuteRow, PieceRow};
use store::{Store, StoreError};

use super::reckon::{Known, SLICE_MINUTES_MAX, counts};
use crate::slo::Meter;
use crate::slo::catalogue::Entry;
use crate::slo::openslo::BudgetingMethod;
use crate::slo::period::Stretch;
use crate::slo::pieces::{Cuts, Pieces};
use crate::slo::units::Events;

/// Cuts of one question: 40 pieces of 10,000 groups are 400,000 rows.
const CUTS_PER_QUESTION: usize = 40;

/// A group within a stretch.
#[derive(Clone, Debug)]
pub struct Course {
    /// Which of the asked, by its place.
    pub asked: usize,
    /// The group, as [`super::reckon::Group::name`].
    pub group: String,
    /// What answers for it, between cuts.
    pub known: Known,
    /// Events that corrections took off.
    pub corrected: Pieces,
}

/// An SLO, the stretch that is asked for, and where it is cut.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Which SLO.
    pub entry: &'a Entry,
    /// Of which time.
    pub within: Stretch,
    /// Minutes where windows begin and end that are read later.
    pub cuts: Vec<i64>,
}

/// What each of `asked` did, by group, all of them or those named in `groups`; and the places of those that
/// have more groups than slices can be judged of. SLOs with equal cuts share a question.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn courses(
    store: &Store,
    asked: &[Asked<'_>],
    groups: &[&str],
) -> Result<(Vec<Course>, Vec<usize>), StoreError> {
    let (mut found, mut too_many) = (Vec::new(), Vec::new());
    let mut together: BTreeMap<Vec<i64>, Vec<(usize, Cuts)>> = BTreeMap::new();
    for (number, one) in asked.iter().enumerate() {
        if one.entry.questions.is_err() {
            continue;
        }
        if one.entry.plan.method == BudgetingMethod::Occurrences {
            let cuts = Cuts::at(&one.entry.plan, one.within, one.cuts.clone());
            let own = together.entry(cuts.at.clone()).or_default();
            own.push((number, cuts));
        } else {
            match by_minutes(store, one, number, groups).await? {
                Some(courses) => found.extend(courses),
                None => too_many.push(number),
            }
        }
    }
    for (at, own) in together {
        let mut gathered: Vec<Gathered<'_>> = own
            .into_iter()
            .map(|(number, cuts)| Gathered::new(asked[number].entry, number, cuts))
            .collect();
        let mut measures: Vec<&str> = gathered.iter().flat_map(|one| one.measures()).collect();
        measures.sort_unstable();
        measures.dedup();
        let cuts_s: Vec<i64> = at.iter().map(|minute| minute * 60).collect();
        for from in (0..cuts_s.len().saturating_sub(1)).step_by(CUTS_PER_QUESTION) {
            let to = (from + CUTS_PER_QUESTION).min(cuts_s.len() - 1);
            let rows = slos::pieces(store, &measures, &cuts_s[from..=to], groups).await?;
            for row in &rows {
                gathered.iter_mut().for_each(|one| one.take(row));
            }
        }
        found.extend(gathered.into_iter().flat_map(Gathered::courses));
    }
    Ok((found, too_many))
}

/// Pieces of each objective and of what was corrected, by group.
struct Gathered<'a> {
    entry: &'a Entry,
    number: usize,
    cuts: Cuts,
    parts: BTreeMap<String, (Vec<Pieces>, Pieces)>,
}

impl<'a> Gathered<'a> {
    fn new(entry: &'a Entry, number: usize, cuts: Cuts) -> Self {
        Self {
            entry,
            number,
            cuts,
            parts: BTreeMap::new(),
        }
    }

    fn measures(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let questions = self.entry.questions.iter().flatten();
        questions.map(|question| question.measure.as_str())
    }

    fn take(&mut self, row: &PieceRow) {
        let minute = row.piece_s.div_euclid(60);
        let events = Events {
            good: row.good.min(row.total),
            total: row.total,
        };
        let measures: Vec<&str> = self.measures().collect();
        for (objective, measure) in measures.iter().enumerate() {
            if *measure != row.measure {
                continue;
            }
            let none = || (vec![Pieces::default(); measures.len()], Pieces::default());
            let (parts, corrected) = match self.parts.get_mut(&row.group) {
                Some(known) => known,
                None => self.parts.entry(row.group.clone()).or_insert_with(none),
            };
            match self.cuts.counts(minute) {
                true => parts[objective].put(minute, events),
                false => corrected.put(minute, events),
            }
        }
    }

    fn courses(self) -> impl Iterator<Item = Course> {
        let (plan, asked) = (&self.entry.plan, self.number);
        self.parts
            .into_iter()
            .map(move |(group, (parts, corrected))| {
                let mut events = Pieces::default();
                parts.iter().for_each(|part| events.merge(part));
                Course {
                    asked,
                    group,
                    known: Known::Pieces(Meter::of(plan, parts, events)),
                    corrected,
                }
            })
    }
}

/// Minutes of each group, of which slices are judged; `None` where there are too many.
async fn by_minutes(
    store: &Store,
    asked: &Asked<'_>,
    number: usize,
    groups: &[&str],
) -> Result<Option<Vec<Course>>, StoreError> {
    let plan = &asked.entry.plan;
    let measures: Vec<&str> = (asked.entry.questions.iter().flatten())
        .map(|question| question.measure.as_str())
        .collect();
    // A slice that the stretch begins in the middle of is judged whole.
    let slices = plan.objectives.iter().filter_map(|one| one.slices.as_ref());
    let lead = slices.map(|slices| slices.minutes).max().unwrap_or(0);
    let within = Stretch {
        begin: asked.within.begin - lead,
        end: asked.within.end,
    };
    let span = (within.begin * 60, within.end * 60);
    let rows = slos::minutes(store, &measures, groups, span, SLICE_MINUTES_MAX).await?;
    if rows.len() as u64 > SLICE_MINUTES_MAX {
        return Ok(None);
    }
    let cuts = Cuts::at(plan, within, Vec::new());
    let course = |rows: &[MinuteRow]| {
        let mut corrected = Pieces::default();
        for row in rows {
            let minute = i64::from(row.minute_s / 60);
            if !cuts.counts(minute) {
                let events = Events {
                    good: row.good.min(row.total),
                    total: row.total,
                };
                corrected.put(minute, events);
            }
        }
        Course {
            asked: number,
            group: rows[0].group.clone(),
            known: Known::Minutes(Meter::new(plan, counts(rows, &measures, within))),
            corrected,
        }
    };
    let courses = rows.chunk_by(|a, b| a.group == b.group).map(course);
    Ok(Some(courses.collect()))
}
