//! Findings in and out. They are few, so single typed rows do.

use std::collections::HashMap;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::model::finding::plain;
use crate::model::{
    Evidence, Feedback, FeedbackVerdict, Finding, Scope, Severity, State, UnixNano,
};
use crate::{Store, StoreError};

/// Longest title and sentence, bytes.
const SENTENCE_BYTES_MAX: usize = 1_000;
/// Most findings of one answer: 2,000 of at most 30 kB each, most of which have a tenth of it.
pub const FINDINGS_MAX: u32 = 2_000;
/// Most words of people of one answer, the newest first.
const FEEDBACK_MAX: u32 = 10_000;

/// A row of `findings` as it travels.
#[derive(Row, Serialize, Deserialize)]
struct FindingRow {
    id: String,
    revision: u64,
    kind: String,
    scope: String,
    subject: String,
    function_id: String,
    version: String,
    detail: String,
    state: String,
    severity: String,
    confidence: f64,
    p_value: Option<f64>,
    began_at: i64,
    detected_at: i64,
    updated_at: i64,
    closed_at: Option<i64>,
    closed_because: String,
    title: String,
    sentence: String,
    relative: Option<f64>,
    relative_low: Option<f64>,
    relative_high: Option<f64>,
    before: Option<f64>,
    after: Option<f64>,
    unit: String,
    ms_per_month: Option<f64>,
    micro_usd_per_month: Option<i64>,
    evidence: String,
}

impl FindingRow {
    fn of(finding: &Finding, now: UnixNano) -> Self {
        let finite = |value: Option<f64>| value.filter(|v| v.is_finite());
        let mut evidence = finding.evidence.clone();
        evidence.bound();
        Self {
            id: finding.id.clone(),
            revision: now.0.unsigned_abs(),
            kind: finding.kind.clone(),
            scope: finding.scope.as_str().to_owned(),
            subject: finding.subject.clone(),
            function_id: finding.function_id.clone(),
            version: finding.version.clone(),
            detail: plain(&finding.detail, SENTENCE_BYTES_MAX),
            state: finding.state.as_str().to_owned(),
            severity: finding.severity.as_str().to_owned(),
            confidence: finite(Some(finding.confidence)).unwrap_or(0.0),
            p_value: finite(finding.p_value),
            began_at: finding.began_at.as_millis(),
            detected_at: finding.detected_at.as_millis(),
            updated_at: finding.updated_at.as_millis(),
            closed_at: finding.closed_at.map(UnixNano::as_millis),
            closed_because: plain(&finding.closed_because, SENTENCE_BYTES_MAX),
            title: plain(&finding.title, SENTENCE_BYTES_MAX),
            sentence: plain(&finding.sentence, SENTENCE_BYTES_MAX),
            relative: finite(finding.relative),
            relative_low: finite(finding.interval.map(|(low, _)| low)),
            relative_high: finite(finding.interval.map(|(_, high)| high)),
            before: finite(finding.before),
            after: finite(finding.after),
            unit: finding.unit.clone(),
            ms_per_month: finite(finding.ms_per_month),
            micro_usd_per_month: finding.micro_usd_per_month,
            evidence: serde_json::to_string(&evidence).unwrap_or_default(),
        }
    }

    /// A row that a newer version wrote in words unknown here still shows.
    fn finding(self) -> Finding {
        Finding {
            scope: Scope::parse(&self.scope).unwrap_or(Scope::Fleet),
            state: State::parse(&self.state).unwrap_or(State::Closed),
            severity: Severity::parse(&self.severity).unwrap_or(Severity::Info),
            id: self.id,
            kind: self.kind,
            subject: self.subject,
            function_id: self.function_id,
            version: self.version,
            detail: self.detail,
            confidence: self.confidence,
            p_value: self.p_value,
            began_at: UnixNano::from_millis(self.began_at),
            detected_at: UnixNano::from_millis(self.detected_at),
            updated_at: UnixNano::from_millis(self.updated_at),
            closed_at: self.closed_at.map(UnixNano::from_millis),
            closed_because: self.closed_because,
            title: self.title,
            sentence: self.sentence,
            relative: self.relative,
            interval: self.relative_low.zip(self.relative_high),
            before: self.before,
            after: self.after,
            unit: self.unit,
            ms_per_month: self.ms_per_month,
            micro_usd_per_month: self.micro_usd_per_month,
            evidence: serde_json::from_str::<Evidence>(&self.evidence).unwrap_or_default(),
        }
    }
}

/// Writes findings, in the place of whatever was written before `now`.
///
/// # Errors
/// [`StoreError::Query`]; writing them again is harmless.
pub async fn write(store: &Store, findings: &[Finding], now: UnixNano) -> Result<(), StoreError> {
    let rows: Vec<FindingRow> = findings.iter().map(|f| FindingRow::of(f, now)).collect();
    insert(store, "findings", &rows).await
}

/// Writes what a person said of a finding, in the place of what was said before.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write_feedback(store: &Store, feedback: &Feedback) -> Result<(), StoreError> {
    let row = FeedbackRow {
        finding_id: feedback.finding_id.clone(),
        kind: feedback.kind.clone(),
        subject: feedback.subject.clone(),
        verdict: feedback.verdict.as_str().to_owned(),
        relative: feedback.relative.filter(|v| v.is_finite()),
        note: plain(&feedback.note, SENTENCE_BYTES_MAX),
        given_by: plain(&feedback.given_by, 200),
        given_at: feedback.given_at.as_millis(),
    };
    insert(store, "finding_feedback", &[row]).await
}

/// Writes rows of one table.
pub(crate) async fn insert<R>(store: &Store, table: &str, rows: &[R]) -> Result<(), StoreError>
where
    R: clickhouse::RowOwned + clickhouse::RowWrite,
{
    if rows.is_empty() {
        return Ok(());
    }
    let failed = || StoreError::query(format!("writing {table}"));
    let mut insert = store.client().insert::<R>(table).await.map_err(failed())?;
    for row in rows {
        insert.write(row).await.map_err(failed())?;
    }
    insert.end().await.map_err(failed())
}

/// Which findings to list. Empty texts ask for all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// `open`, `closed`, `held`, `retracted`; empty for all but retracted ones.
    pub state: String,
    /// A kind.
    pub kind: String,
    /// A function's id.
    pub function_id: String,
    /// `medium`, …; or empty.
    pub severity: String,
    /// Only those that held at some time since then, ms since the epoch.
    pub since_ms: i64,
    /// And began before, ms since the epoch; 0 for no such limit.
    pub until_ms: i64,
}

/// Findings, the open ones first, then the newest; at most [`FINDINGS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn list(store: &Store, filter: &Filter) -> Result<Vec<Finding>, StoreError> {
    listed(store, include_str!("findings_list.sql"), filter).await
}

/// As [`list`], with no evidence: nine tenths of a finding's bytes, which no list shows.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn heads(store: &Store, filter: &Filter) -> Result<Vec<Finding>, StoreError> {
    let sql = include_str!("findings_list.sql");
    let sql = sql.replace("per_month, evidence", "per_month, '' AS evidence");
    listed(store, &sql, filter).await
}

async fn listed(store: &Store, sql: &str, filter: &Filter) -> Result<Vec<Finding>, StoreError> {
    let query = crate::read::ask(store, sql)
        .param("state", &filter.state)
        .param("kind", &filter.kind)
        .param("function_id", &filter.function_id)
        .param("severity", &filter.severity)
        .param("since_ms", filter.since_ms)
        .param("until_ms", filter.until_ms)
        .param("limit", FINDINGS_MAX);
    let rows = query.fetch_all::<FindingRow>().await;
    let rows = rows.map_err(StoreError::query("listing findings"))?;
    Ok(rows.into_iter().map(FindingRow::finding).collect())
}

/// Findings that were over an hour or more before they were written: history had been shown to detectors, and
/// nobody was told of them. Only those certain since `since`; at most [`FINDINGS_MAX`].
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_history(store: &Store, since: UnixNano) -> Result<Vec<Finding>, StoreError> {
    let sql = "\
SELECT ?fields FROM findings FINAL
WHERE state IN ('closed', 'held') AND detected_at >= fromUnixTimestamp64Milli({since_ms:Int64})
  AND toUnixTimestamp64Nano(toDateTime64(closed_at, 9)) + 3600000000000 <= revision
ORDER BY detected_at DESC
LIMIT {limit:UInt32}";
    let sql = sql.replace("?fields", &<FindingRow as Row>::COLUMN_NAMES.join(", "));
    let query = crate::read::ask(store, &sql)
        .param("since_ms", since.as_millis())
        .param("limit", FINDINGS_MAX);
    let rows = query.fetch_all::<FindingRow>().await;
    let rows = rows.map_err(StoreError::query("reading findings of the past"))?;
    Ok(rows.into_iter().map(FindingRow::finding).collect())
}

/// One finding.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn one(store: &Store, id: &str) -> Result<Option<Finding>, StoreError> {
    let sql = "SELECT ?fields FROM findings FINAL WHERE id = {id:String}";
    let sql = sql.replace("?fields", &<FindingRow as Row>::COLUMN_NAMES.join(", "));
    let query = crate::read::ask(store, &sql).param("id", id);
    let row = query.fetch_optional::<FindingRow>().await;
    let row = row.map_err(StoreError::query("reading a finding"))?;
    Ok(row.map(FindingRow::finding))
}

/// How many findings that chance can make were certain of one subject since then: those told, and those held.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_chance(
    store: &Store,
    scope: Scope,
    subject: &str,
    since: UnixNano,
) -> Result<(u64, u64), StoreError> {
    let sql = "\
SELECT countIf(state IN ('open', 'closed')), countIf(state = 'held')
FROM findings FINAL
WHERE scope = {scope:String} AND subject = {subject:String}
  AND isNotNull(p_value) AND detected_at >= fromUnixTimestamp64Milli({since:Int64})";
    let query = crate::read::ask(store, sql)
        .param("scope", scope.as_str())
        .param("subject", subject)
        .param("since", since.as_millis());
    let counted = query.fetch_one::<(u64, u64)>().await;
    counted.map_err(StoreError::query("counting findings by chance"))
}

#[derive(Row, Serialize, Deserialize)]
struct FeedbackRow {
    finding_id: String,
    kind: String,
    subject: String,
    verdict: String,
    relative: Option<f64>,
    note: String,
    given_by: String,
    given_at: i64,
}

impl FeedbackRow {
    /// Nothing where a newer version said it in a word unknown here.
    fn feedback(self) -> Option<Feedback> {
        Some(Feedback {
            verdict: FeedbackVerdict::parse(&self.verdict)?,
            finding_id: self.finding_id,
            kind: self.kind,
            subject: self.subject,
            relative: self.relative,
            note: self.note,
            given_by: self.given_by,
            given_at: UnixNano::from_millis(self.given_at),
        })
    }
}

/// What people said since `since`, the newest first; at most 10,000.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn feedback(store: &Store, since: UnixNano) -> Result<Vec<Feedback>, StoreError> {
    let sql = "\
SELECT finding_id, kind, subject, verdict, relative, note, given_by, given_at
FROM finding_feedback FINAL
WHERE given_at >= fromUnixTimestamp64Milli({since:Int64}) AND verdict != 'withdrawn'
ORDER BY given_at DESC
LIMIT {limit:UInt32}";
    let query = crate::read::ask(store, sql)
        .param("since", since.as_millis())
        .param("limit", FEEDBACK_MAX);
    let rows = query.fetch_all::<FeedbackRow>().await;
    let rows = rows.map_err(StoreError::query("reading what people said of findings"))?;
    Ok(rows.into_iter().filter_map(FeedbackRow::feedback).collect())
}

/// What was said of a finding, with what tells that finding apart from others of its kind and subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What was said.
    pub feedback: Feedback,
    /// The finding's detail.
    pub detail: String,
    /// How bad it was.
    pub severity: Severity,
}

/// What people said since then of findings that still stand here, the newest first, without what was taken
/// back.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn said(store: &Store, since: UnixNano) -> Result<Vec<Said>, StoreError> {
    #[derive(Row, Deserialize)]
    struct Subject {
        id: String,
        detail: String,
        severity: String,
    }
    let all = feedback(store, since).await?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = all.iter().map(|one| one.finding_id.as_str()).collect();
    let sql = "SELECT id, detail, severity FROM findings FINAL WHERE id IN {ids:Array(String)}";
    let query = crate::read::ask(store, sql).param("ids", &ids);
    let rows = query.fetch_all::<Subject>().await;
    let rows = rows.map_err(StoreError::query("reading of which findings people spoke"))?;
    let subjects: HashMap<String, Subject> =
        rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let said = |feedback: Feedback| {
        let subject = subjects.get(&feedback.finding_id)?;
        Some(Said {
            detail: subject.detail.clone(),
            severity: Severity::parse(&subject.severity)?,
            feedback,
        })
    };
    Ok(all.into_iter().filter_map(said).collect())
}

/// What was said of one finding last, also that it was taken back.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn feedback_of(store: &Store, id: &str) -> Result<Option<Feedback>, StoreError> {
    let sql = "\
SELECT finding_id, kind, subject, verdict, relative, note, given_by, given_at
FROM finding_feedback FINAL
WHERE finding_id = {id:String}";
    let query = crate::read::ask(store, sql).param("id", id);
    let row = query.fetch_optional::<FeedbackRow>().await;
    let row = row.map_err(StoreError::query("reading what was said of a finding"))?;
    Ok(row.and_then(FeedbackRow::feedback))
}
