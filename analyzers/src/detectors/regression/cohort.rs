//! What siblings did meanwhile: a function's deploy has no parallel fleet to be compared with, so
//! functions of the same kind play that part. A sibling that was deployed itself is a control only where too
//! few were not.

use store::model::UnixNano;

use super::panel::{Day, Panel};
use super::quantile::median;

/// A sibling with fewer days than this before is no control.
const DAYS_MIN: usize = 3;
/// And one that begins after this part of them is none.
const LATE_PART: i64 = 3;
/// So many siblings make a median that one of them does not decide. Where fewer were left alone, all are
/// asked, those that were deployed as well: most deploys change nothing, and where everybody deploys daily
/// there would be no control, so that a shift of the platform would be blamed on each of them.
const MANY: usize = 3;

/// The share of siblings that must move alike, by half to one and a half of their median, for the platform to
/// have moved them, and how many there must be.
const ALIKE: f64 = 0.6;
/// See [`ALIKE`].
const ALIKE_MIN: usize = 5;

/// Siblings that were deployed within so long of a deploy share its release, and what came with it: 6 h.
const TOGETHER_NS: i64 = 6 * 3_600 * 1_000_000_000;

/// So many of a sibling's days before and after it are searched for a deploy together with another.
const NEAR: usize = 6;

/// When a version came into use: after the first of these, and by the second at the latest.
pub type Between = (UnixNano, UnixNano);

/// When the version that begins at position `begin` of a series' days came into use.
#[must_use]
pub fn between(days: &[Day], begin: usize) -> Option<Between> {
    let before = days.get(begin.checked_sub(1)?)?;
    Some((before.end(), days.get(begin)?.starts.first()?.at))
}

/// What siblings did on a day, or on all days of a version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// Their median shift (logarithm).
    pub shift: f64,
    /// Whether they were left alone meanwhile.
    pub alone: bool,
    /// Whether so many moved alike that it is the platform, and not some of them with troubles of their own.
    pub alike: bool,
}

/// Siblings as controls since a moment.
#[derive(Debug)]
pub struct Controls<'a> {
    siblings: Vec<Sibling<'a>>,
}

#[derive(Debug)]
struct Sibling<'a> {
    days: &'a [Day],
    /// Its level before, in its last version and the first day of another; if that is known.
    alone: Option<(f64, i64)>,
    /// Its level before, whatever its versions; if that is known, and it shares no release.
    before: Option<f64>,
}

impl<'a> Controls<'a> {
    /// The siblings of a series with their level in the days `from..day`, those that the series itself is
    /// compared with, and their days since. `deploy` is when the series itself was deployed, if it was.
    #[must_use]
    pub fn since(
        panel: &'a Panel,
        series: usize,
        (from, day): (i64, i64),
        deploy: Option<Between>,
    ) -> Self {
        let siblings = panel
            .siblings(series)
            .filter_map(|days| Sibling::since(days, (from, day), deploy))
            .collect();
        Self { siblings }
    }

    /// What siblings did on `day`, as known at `now`; `None` if none has shown itself.
    #[must_use]
    pub fn on(&self, day: i64, now: UnixNano) -> Option<Control> {
        let mut alone: Vec<f64> = Vec::new();
        let mut all: Vec<f64> = Vec::new();
        for sibling in &self.siblings {
            let Some(level) = on(sibling.days, day).and_then(|d| d.level_at(now)) else {
                continue;
            };
            let until = sibling.alone.filter(|(_, until)| day < *until);
            alone.extend(until.map(|(before, _)| level - before));
            all.extend(sibling.before.map(|before| level - before));
        }
        let is_alone = alone.len() >= MANY || all.len() < MANY;
        let mut shifts = if is_alone { alone } else { all };
        if shifts.is_empty() {
            return None;
        }
        let shift = median(&mut shifts);
        let alike = shifts
            .iter()
            .filter(|s| (0.5..=1.5).contains(&(*s / shift)));
        #[allow(clippy::cast_precision_loss)] // counts of series
        let share = alike.count() as f64 / shifts.len() as f64;
        Some(Control {
            shift,
            alone: is_alone,
            alike: shifts.len() >= ALIKE_MIN && share >= ALIKE,
        })
    }
}

impl<'a> Sibling<'a> {
    fn since(days: &'a [Day], (from, day): (i64, i64), deploy: Option<Between>) -> Option<Self> {
        let begin = days.partition_point(|d| d.day < day);
        let (before, since) = days.split_at(begin);
        let version = before.last()?.version;
        let within = before.partition_point(|d| d.day < from);
        // Who was there in the later part alone knows another time than the series is compared with.
        let is_known = before.len() - within >= DAYS_MIN
            && before[within].day - from <= (day - from) / LATE_PART;
        let level = is_known.then(|| {
            let mut levels: Vec<f64> = before[within..].iter().map(|d| d.level).collect();
            median(&mut levels)
        });
        let is_alone = before[within..].iter().all(|d| d.version == version);
        let until = since.iter().find(|d| d.version != version);
        let until = until.map_or(i64::MAX, |d| d.day);
        let is_released = deploy.is_some_and(|deploy| is_deployed_with(days, begin, deploy));
        Some(Self {
            alone: level.filter(|_| is_alone).map(|before| (before, until)),
            before: level.filter(|_| !is_released),
            days: since,
        })
    }
}

/// Whether a version of these days may have come into use together with a deploy, which was near that
/// position.
fn is_deployed_with(days: &[Day], at: usize, (after, by): Between) -> bool {
    let near = at.saturating_sub(NEAR)..(at + NEAR).min(days.len());
    near.filter(|&i| i > 0 && days[i].version != days[i - 1].version)
        .filter_map(|i| between(days, i))
        .any(|(since, until)| {
            until.0 >= after.0.saturating_sub(TOGETHER_NS)
                && since.0 <= by.0.saturating_add(TOGETHER_NS)
        })
}

/// The median shift of a series' siblings on a past day against their own days before.
#[must_use]
pub fn past_shift(panel: &Panel, series: usize, day: i64) -> Option<f64> {
    let mut shifts: Vec<f64> = panel
        .siblings(series)
        .filter_map(|days| on(days, day))
        .map(|d| d.shift)
        .filter(|s| s.is_finite())
        .collect();
    (!shifts.is_empty()).then(|| median(&mut shifts))
}

fn on(days: &[Day], day: i64) -> Option<&Day> {
    let at = days.partition_point(|d| d.day < day);
    days.get(at).filter(|d| d.day == day)
}
