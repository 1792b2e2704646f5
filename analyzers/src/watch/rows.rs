//! Rows on their way to detectors, in order of time.

use std::collections::VecDeque;

use store::model::UnixNano;

use crate::detectors::news::{ColdStart, Deployed, DiskSample, Gauge, Hour, Minute};
use crate::detectors::versions::Look;

/// Closed buckets that are to be shown.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// In order of their minutes.
    pub minutes: Vec<Minute>,
    /// In order of their hours.
    pub hours: Vec<Hour>,
    /// In order of time.
    pub cold_starts: VecDeque<ColdStart>,
    /// In order of time.
    pub deploys: VecDeque<Deployed>,
    /// In order of their minutes.
    pub gauges: VecDeque<Gauge>,
    /// What looks at new versions found since the last step; not of history.
    pub verdicts: Vec<Look>,
    /// The store's disk, as it is now; not of history.
    pub disk: Option<DiskSample>,
}

impl Rows {
    /// The rows of one minute.
    #[must_use]
    pub fn minute(&self, minute_s: u32) -> &[Minute] {
        let from = self.minutes.partition_point(|row| row.minute_s < minute_s);
        let to = self.minutes.partition_point(|row| row.minute_s <= minute_s);
        &self.minutes[from..to]
    }

    /// The rows of one hour.
    #[must_use]
    pub fn hour(&self, hour_s: u32) -> &[Hour] {
        let from = self.hours.partition_point(|row| row.hour_s < hour_s);
        let to = self.hours.partition_point(|row| row.hour_s <= hour_s);
        &self.hours[from..to]
    }

    /// Takes out the cold starts before `until`.
    pub fn cold_starts_until(&mut self, until: UnixNano) -> Vec<ColdStart> {
        let count = self.cold_starts.partition_point(|row| row.at < until);
        self.cold_starts.drain(..count).collect()
    }

    /// Takes out the deploys before `until`.
    pub fn deploys_until(&mut self, until: UnixNano) -> Vec<Deployed> {
        let count = self.deploys.partition_point(|row| row.at < until);
        self.deploys.drain(..count).collect()
    }

    /// Takes out what metrics said of the minutes before `until_s`.
    pub fn gauges_until(&mut self, until_s: u32) -> Vec<Gauge> {
        let count = self.gauges.partition_point(|row| row.minute_s < until_s);
        self.gauges.drain(..count).collect()
    }
}
