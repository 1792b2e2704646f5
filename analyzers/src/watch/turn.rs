//! One turn of the watch.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use store::detector_states::{self, Snapshot};
use store::findings::{self, Filter};
use store::model::{Finding, UnixNano};
use store::read::watch::Seconds;
use store::{Store, StoreError};

use super::drive::{Again, Drive};
use super::feed::Feed;
use super::late::Late;
use super::plan;
use super::rows::Rows;
use super::suspects::Suspects;
use super::verdicts::Verdicts;
use super::{Changes, Setup, schedule};
use crate::detectors::news::Hour;
use crate::detectors::{self, FunctionNo};
use crate::findings::{Ledger, kinds};

/// What detectors remember is saved so often, s.
const SAVE_S: i64 = 3_600;
/// Who the functions are and what people said is asked so often, s.
const ASK_S: i64 = 60;
/// Findings and feedback so old are known at the start, ms: 45 and 90 days.
const FINDINGS_MS: f64 = -45.0 * 86_400_000.0;
/// See [`FINDINGS_MS`].
const FEEDBACK_MS: f64 = -90.0 * 86_400_000.0;

/// Findings of detectors; those of SLOs and of threats have keepers of their own.
fn own(mut findings: Vec<Finding>) -> Vec<Finding> {
    let others = [kinds::Group::Threat, kinds::Group::Objective];
    let of_another = |finding: &Finding| {
        kinds::find(&finding.kind).is_some_and(|kind| others.contains(&kind.group))
    };
    findings.retain(|finding| !of_another(finding));
    findings
}

/// What is kept from turn to turn.
pub(super) struct Watch {
    setup: Setup,
    drive: Option<Drive>,
    feed: Feed,
    late: Late,
    /// Cold starts and deploys that wait for their minute.
    waiting: Rows,
    /// Findings that could not be written yet.
    unwritten: BTreeMap<String, Finding>,
    suspects: Suspects,
    verdicts: Verdicts,
    saved_s: i64,
    asked_s: i64,
}

impl Watch {
    /// Knows nothing yet.
    pub(super) fn new(setup: Setup) -> Self {
        let tags: BTreeSet<&str> = setup.detectors.tags().collect();
        let tags = tags.into_iter().map(str::to_owned).collect();
        Self {
            feed: Feed::new(Arc::clone(&setup.books), tags),
            setup,
            drive: None,
            late: Late::default(),
            waiting: Rows::default(),
            unwritten: BTreeMap::new(),
            suspects: Suspects::default(),
            verdicts: Verdicts::default(),
            saved_s: 0,
            asked_s: 0,
        }
    }

    /// Shows what closed since the last turn.
    pub(super) async fn turn(
        &mut self,
        store: &Store,
        changes: &Changes,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        let mut drive = match self.drive.take() {
            Some(drive) => drive,
            None => self.begin(store, now).await?,
        };
        // After an error half of something may be shown: the next turn begins from what was saved.
        self.steps(store, &mut drive, changes, now).await?;
        self.drive = Some(drive);
        self.write(store, Vec::new(), now).await?;
        if now.as_secs() - self.saved_s >= SAVE_S {
            self.save(store, now).await?;
        }
        Ok(())
    }

    async fn steps(
        &mut self,
        store: &Store,
        drive: &mut Drive,
        changes: &Changes,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        let now_s = now.as_secs();
        if now_s - self.asked_s >= ASK_S {
            self.feed.names(store, &mut drive.names, now).await?;
            drive.hear(findings::feedback(store, now.plus_millis(FEEDBACK_MS)).await?);
            self.asked_s = now_s;
        }
        self.hear_changes(drive, changes, now_s);
        let watched = drive.names.functions().count();
        if let Some(functions) = self.late.due(now_s, watched) {
            self.show_again(store, drive, functions, now).await?;
        }
        let looks = self.verdicts.look(store, &mut drive.names, now).await?;
        self.waiting.verdicts.extend(looks);
        self.show_new(store, drive, now).await
    }

    fn hear_changes(&mut self, drive: &mut Drive, changes: &Changes, now_s: i64) {
        let earliest = changes.take();
        let hours_until_s = drive.hours_until_s();
        for (key, hour_s) in earliest.iter() {
            if let Some(function) = drive.names.function(key) {
                self.late.note(function, hour_s, hours_until_s, now_s);
                if hour_s < hours_until_s {
                    self.verdicts.late(function, now_s);
                }
            }
        }
        if earliest
            .of_all_s()
            .is_some_and(|hour_s| hour_s < hours_until_s)
        {
            self.late.note_all(now_s);
        }
    }

    /// From snapshots if all are whole and of one time; else from history, which the same turn shows.
    async fn begin(&mut self, store: &Store, now: UnixNano) -> Result<Drive, StoreError> {
        let known = Filter {
            since_ms: now.plus_millis(FINDINGS_MS).as_millis(),
            ..Filter::default()
        };
        let ledger = Ledger::restore(
            own(findings::list(store, &known).await?),
            findings::feedback(store, now.plus_millis(FEEDBACK_MS)).await?,
        );
        let mut drive = Drive::new(detectors::all(&self.setup.detectors), ledger);
        self.feed.again();
        // Functions may get other numbers; deploys of the last days are told again, and looked at again.
        self.verdicts = Verdicts::default();
        self.waiting.verdicts.clear();
        self.feed.names(store, &mut drive.names, now).await?;
        self.asked_s = now.as_secs();
        let loaded = load(store, &mut drive).await?;
        // Before the first minute is shown, or what the last snapshot does not hold would close and open
        // again.
        let since_s = plan::minutes_closed_s(now.as_secs() - schedule::LAST_S);
        let deploys = Feed::deploys(store, &mut drive.names, since_s, None).await?;
        self.verdicts.hear(&deploys, &drive.names, now);
        match loaded {
            Some(seen_s) if i64::from(seen_s) > now.as_secs() - i64::from(plan::FINE_HISTORY_S) => {
                drive.begin_at(seen_s, plan::hours_closed_s(i64::from(seen_s)));
                self.saved_s = now.as_secs();
            }
            _ => {
                let (_, fine_s) = plan::history_s(now.as_secs());
                drive.begin_at(fine_s, fine_s);
                self.show_again(store, &mut drive, None, now).await?;
                self.saved_s = 0; // saved at once
            }
        }
        Ok(drive)
    }

    /// Shows the history of some functions, or of all, once more.
    async fn show_again(
        &mut self,
        store: &Store,
        drive: &mut Drive,
        functions: Option<HashSet<FunctionNo>>,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        let (from_s, fine_s) = plan::history_s(now.as_secs());
        // Whoever is shown alone catches up to where the others are.
        let until_s = match functions {
            None => plan::minutes_closed_s(now.as_secs()),
            Some(_) => drive.minutes_until_s(),
        };
        let fine_s = fine_s.min(until_s);
        let ids: Vec<String> = functions
            .iter()
            .flatten()
            .map(|number| drive.names.of(*number).id.clone())
            .collect();
        let count = match &functions {
            Some(some) => some.len(),
            None => drive.names.functions().count(),
        };
        let deploys = Feed::deploys(store, &mut drive.names, from_s, functions.as_ref()).await?;
        self.verdicts.hear(&deploys, &drive.names, now);
        // Of the first weeks detectors know less than whoever saw what came before; what was said then
        // stays.
        let mut is_whole = true;
        let past = findings::of_history(store, UnixNano::from_secs(from_s.into())).await?;
        let past = own(past);
        let mut again = drive.again(functions, past, from_s);
        let mut rows = Rows {
            deploys: deploys.into(),
            ..Rows::default()
        };
        for span in plan::hours_pieces(from_s, fine_s, count) {
            rows.hours = self.feed.hours(store, &mut drive.names, span, &ids).await?;
            is_whole &= span.from_s > from_s || rows.hours.is_empty();
            let cold_starts = Feed::cold_starts(store, &mut drive.names, span, &ids).await?;
            rows.cold_starts.extend(cold_starts);
            (again, rows) = blocking(drive, move |drive| {
                drive.again_hours(&mut again, &mut rows, span.to_s);
                (again, rows)
            })
            .await;
        }
        for span in plan::minutes_pieces(fine_s, until_s, count) {
            (again, rows) = self
                .again_minutes(store, drive, again, rows, span, &ids)
                .await?;
        }
        let known_s = match is_whole {
            true => from_s,
            false => from_s + plan::LEARNING_S,
        };
        let known = UnixNano::from_secs(known_s.into());
        let changed = drive.again_is_over(again, known, now);
        self.write(store, changed, now).await
    }

    async fn again_minutes(
        &mut self,
        store: &Store,
        drive: &mut Drive,
        mut again: Again,
        mut rows: Rows,
        span: Seconds,
        ids: &[String],
    ) -> Result<(Again, Rows), StoreError> {
        rows.minutes = self
            .feed
            .minutes(store, &mut drive.names, span, ids)
            .await?;
        let from_s = again.hours_until_s();
        rows.hours = self.closing(store, drive, from_s, span, ids).await?;
        let cold_starts = Feed::cold_starts(store, &mut drive.names, span, ids).await?;
        rows.cold_starts.extend(cold_starts);
        Ok(blocking(drive, move |drive| {
            drive.again_minutes(&mut again, &mut rows, span.to_s);
            (again, rows)
        })
        .await)
    }

    /// The hours from `from_s` on that close with the minutes of a span.
    async fn closing(
        &mut self,
        store: &Store,
        drive: &mut Drive,
        from_s: u32,
        span: Seconds,
        ids: &[String],
    ) -> Result<Vec<Hour>, StoreError> {
        let to_s = plan::hours_closed_s(span.to_s.into());
        if from_s >= to_s {
            return Ok(Vec::new());
        }
        let hours = Seconds { from_s, to_s };
        self.feed.hours(store, &mut drive.names, hours, ids).await
    }

    /// Reads what became known since the last turn, and does not belong to a bucket.
    async fn gather(
        &mut self,
        store: &Store,
        drive: &mut Drive,
        until_s: u32,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        let from_s = drive.minutes_until_s();
        let names = &mut drive.names;
        let cold_starts = self.feed.new_cold_starts(store, names).await?;
        self.waiting.cold_starts.extend(cold_starts);
        self.waiting
            .cold_starts
            .make_contiguous()
            .sort_by_key(|row| row.at);
        let deploys = self.feed.new_deploys(store, names, from_s).await?;
        self.verdicts.hear(&deploys, names, now);
        self.waiting.deploys.extend(deploys);
        self.waiting
            .deploys
            .make_contiguous()
            .sort_by_key(|row| row.at);

        let gauges = Feed::gauges(store, &mut drive.names, from_s, until_s).await?;
        self.waiting.gauges = gauges.into();
        Ok(())
    }

    /// Shows what closed since.
    async fn show_new(
        &mut self,
        store: &Store,
        drive: &mut Drive,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        let until_s = plan::minutes_closed_s(now.as_secs());
        if until_s <= drive.minutes_until_s() {
            return Ok(());
        }
        self.gather(store, drive, until_s, now).await?;
        let functions = drive.names.functions().count();
        let (_, fine_s) = plan::history_s(now.as_secs());
        // After a long pause the hours do: nobody needs to know of each minute of last night.
        for span in plan::hours_pieces(drive.hours_until_s(), fine_s, functions) {
            let mut rows = std::mem::take(&mut self.waiting);
            rows.hours = self.feed.hours(store, &mut drive.names, span, &[]).await?;
            let changed;
            (self.waiting, changed) = blocking(drive, move |drive| {
                let changed = drive.show_hours(&mut rows, span.to_s);
                (rows, changed)
            })
            .await;
            self.write(store, changed, now).await?;
        }
        for span in plan::minutes_pieces(drive.minutes_until_s(), until_s, functions) {
            let minutes = self
                .feed
                .minutes(store, &mut drive.names, span, &[])
                .await?;
            let from_s = drive.hours_until_s();
            let closed = self.closing(store, drive, from_s, span, &[]).await?;
            let mut rows = std::mem::take(&mut self.waiting);
            rows.disk = match closed.is_empty() {
                true => None,
                false => Feed::disk(store).await?,
            };
            (rows.minutes, rows.hours) = (minutes, closed);
            let changed;
            (self.waiting, changed) = blocking(drive, move |drive| {
                let changed = drive.show_minutes(&mut rows, span.to_s);
                (rows, changed)
            })
            .await;
            self.write(store, changed, now).await?;
        }
        Ok(())
    }

    /// Writes findings, those included that could not be written before.
    async fn write(
        &mut self,
        store: &Store,
        changed: Vec<Finding>,
        now: UnixNano,
    ) -> Result<(), StoreError> {
        let by_id = changed
            .into_iter()
            .map(|finding| (finding.id.clone(), finding));
        self.unwritten.extend(by_id);
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let mut all: Vec<Finding> = self.unwritten.values().cloned().collect();
        self.suspects.add(store, &mut all).await?;
        findings::write(store, &all, now).await?;
        self.unwritten.clear();
        Ok(())
    }

    /// Saves what detectors remember.
    pub(super) async fn save(&mut self, store: &Store, now: UnixNano) -> Result<(), StoreError> {
        let Some(drive) = &mut self.drive else {
            return Ok(());
        };
        let seen_s = drive.minutes_until_s();
        let (detectors, names) = drive.detectors();
        for detector in detectors {
            let snapshot = Snapshot {
                seen_s,
                pieces: detector.save(names),
            };
            detector_states::write(store, detector.name(), &snapshot, now).await?;
        }
        self.saved_s = now.as_secs();
        Ok(())
    }
}

/// Loads all detectors; the minute they have seen, if all of them can go on from the same one. If not, those
/// that can are loaded all the same: some remember what history does not tell.
async fn load(store: &Store, drive: &mut Drive) -> Result<Option<u32>, StoreError> {
    let mut seen: BTreeSet<Option<u32>> = BTreeSet::new();
    let (detectors, names) = drive.detectors();
    for detector in detectors {
        let snapshot = detector_states::read(store, detector.name()).await?;
        let loaded = snapshot.map(|one| (one.seen_s, detector.load(&one.pieces, names)));
        seen.insert(match loaded {
            Some((seen_s, Ok(()))) => Some(seen_s),
            Some((_, Err(error))) => {
                tracing::info!(detector = detector.name(), %error, "it learns from history instead");
                None
            }
            None => None,
        });
    }
    let the_same = (seen.len() == 1).then(|| seen.pop_first());
    Ok(the_same.flatten().flatten())
}

/// Runs detectors on a thread of their own, so that they hold up nobody who waits for the network.
async fn blocking<T: Send + 'static>(
    drive: &mut Drive,
    work: impl FnOnce(&mut Drive) -> T + Send + 'static,
) -> T {
    let mut own = std::mem::replace(drive, Drive::new(Vec::new(), Ledger::default()));
    let task = tokio::task::spawn_blocking(move || {
        let result = work(&mut own);
        (own, result)
    });
    match task.await {
        Ok((own, result)) => {
            *drive = own;
            result
        }
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
