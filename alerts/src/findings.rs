//! Findings become alerts: what is open fires, what has closed is resolved. What was held back or taken
//! back is never told, nor what was over when it was first seen.

use std::collections::HashMap;
use std::time::Duration;

use store::findings::{self, FINDINGS_MAX, Filter};
use store::model::finding::State;
use store::model::{Finding, UnixNano};
use store::{Store, StoreError};
use tokio::sync::watch;

use crate::dispatch::Machine;
use crate::incidents::follow::Keeper;
use crate::incidents::{ACKNOWLEDGED_BY, CAUSE, Home, Homes, LABEL, TITLE};
use crate::model::{Alert, Fingerprint, Labels};
use crate::run::{Handle, Refused};

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(5);
/// Closed findings are read for so long, ms: longer than any restart takes. One that closed before is
/// no longer listed, and its alert is resolved for that.
const CLOSED_MS: i64 = 3_600_000;
/// Alerts of ours have this label, so that nobody else's are touched.
const SOURCE: (&str, &str) = ("source", "nephoscope");

/// Follows the findings of `store` until told to stop; `base_url` is where people open their pages. With
/// a keeper they are gathered into incidents.
pub async fn follow(
    store: Store,
    handle: Handle,
    base_url: String,
    mut incidents: Option<Keeper>,
    mut stop: watch::Receiver<bool>,
) {
    let mut away = false;
    loop {
        let step = step(&store, &handle, &base_url, incidents.as_mut()).await;
        match step {
            Ok(Err(Refused::Stopped)) => return,
            Ok(Err(refused)) => tracing::warn!(%refused, "findings were not made alerts"),
            Ok(Ok(())) => away = false,
            Err(error) if !away => {
                tracing::warn!(%error, "findings cannot be read: alerts of theirs stay as they are");
                away = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn step(
    store: &Store,
    handle: &Handle,
    base_url: &str,
    incidents: Option<&mut Keeper>,
) -> Result<Result<(), Refused>, StoreError> {
    let now = store::clock::now();
    let filter = Filter {
        since_ms: now.as_millis() - CLOSED_MS,
        ..Filter::default()
    };
    let found = findings::heads(store, &filter).await?;
    let homes = match incidents {
        None => Homes::new(),
        Some(keeper) => match keeper.step(&found, handle, now).await {
            Ok(Some(homes)) => homes,
            Ok(None) => return Ok(Ok(())),
            // A finding whose incident cannot be kept is told by itself.
            Err(error) => {
                tracing::warn!(%error, "incidents cannot be kept; findings are told by themselves");
                Homes::new()
            }
        },
    };
    let base_url = base_url.to_owned();
    let job = handle.change(move |desk, now| {
        let alerts = news(&found, &homes, &desk.machine, &base_url, now);
        if !alerts.is_empty() && desk.machine.post(alerts, now).is_err() {
            tracing::warn!("there are too many alerts: findings were not made some");
        }
    });
    Ok(job.await)
}

/// What is to be posted, so that the alerts of findings say what the findings say. `homes` says which
/// incident each belongs to; those that belong to none are told by themselves.
#[must_use]
pub fn news(
    found: &[Finding],
    homes: &Homes,
    machine: &Machine,
    base_url: &str,
    now: UnixNano,
) -> Vec<Alert> {
    let held = machine.state().alerts().values().map(|held| &held.alert);
    let firing = held.filter(|alert| !alert.resolved_at(now) && is_ours(&alert.labels));
    let firing: Vec<&Alert> = firing.collect();
    let told: HashMap<&str, &str> = firing
        .iter()
        .map(|alert| (alert.labels.value("finding_id"), alert.labels.value(LABEL)))
        .collect();
    let open = found.iter().filter(|finding| finding.state == State::Open);
    let open = open.filter(|finding| !homes.get(&finding.id).is_some_and(|home| home.over));
    let open = open.map(|finding| {
        let home = homes.get(&finding.id);
        // The label stays as it was first told: another would be another alert, and page again. That is what
        // a person wants who puts it elsewhere.
        let first = told.get(finding.id.as_str()).copied();
        let first = first.filter(|_| !home.is_some_and(|home| home.by_hand));
        let label = first.or(home.map(|home| home.incident.as_str()));
        alert_of(finding, (label.unwrap_or_default(), home), base_url, now)
    });
    let open: HashMap<Fingerprint, Alert> = open.map(|alert| (alert.fingerprint, alert)).collect();
    let listed: HashMap<&str, &Finding> = found.iter().map(|f| (f.id.as_str(), f)).collect();
    let whole = found.len() < FINDINGS_MAX as usize;
    let ended = firing
        .into_iter()
        .filter(|alert| !open.contains_key(&alert.fingerprint));
    let ended = ended.filter_map(|alert| {
        let finding = listed.get(alert.labels.value("finding_id"));
        // Of more findings than one answer holds, those that are missing may be open still.
        let closed_at = match finding {
            Some(finding) => finding.closed_at.unwrap_or(now),
            None if whole => now,
            None => return None,
        };
        Some(Alert {
            ends_at: closed_at.min(now).max(alert.starts_at),
            updated_at: now,
            ..alert.clone()
        })
    });
    let mut news: Vec<Alert> = ended.collect();
    let unknown = |alert: &Alert| {
        let held = machine.state().alert(alert.fingerprint);
        let same = held.filter(|held| !held.resolved_at(now));
        same.is_none_or(|held| held.annotations != alert.annotations)
    };
    news.extend(open.into_values().filter(unknown));
    news
}

/// Whether these are the labels of a finding's alert.
pub(crate) fn is_ours(labels: &Labels) -> bool {
    labels.get(SOURCE.0) == Some(SOURCE.1) && labels.get("finding_id").is_some()
}

/// An open finding as an alert. It fires until its finding closes, not until a time-out: a store that is
/// away resolves nothing.
/// It bears the incident it was first told with, and links to the one it belongs to now.
fn alert_of(
    finding: &Finding,
    (label, home): (&str, Option<&Home>),
    base_url: &str,
    now: UnixNano,
) -> Alert {
    let mut function = finding.function_id.splitn(4, ':');
    let mut part = || function.next().unwrap_or_default();
    let (provider, account, region, name) = (part(), part(), part(), part());
    let mut labels: Labels = [
        SOURCE,
        ("alertname", finding.kind.as_str()),
        ("severity", finding.severity.as_str()),
        ("provider", provider),
        ("account", account),
        ("region", region),
        ("function", name),
        ("version", &finding.version),
        ("scope", finding.scope.as_str()),
        ("subject", &finding.subject),
        ("detail", &finding.detail),
        ("finding_id", &finding.id),
        (LABEL, label),
    ]
    .into_iter()
    .collect();
    labels.drop_empty();
    let base_url = base_url.trim_end_matches('/');
    let url = format!("{base_url}/findings/{}", finding.id);
    let mut annotations: Labels = [
        ("summary", finding.title.as_str()),
        ("description", &finding.sentence),
        ("dashboard", &url),
    ]
    .into_iter()
    .collect();
    if let Some(home) = home {
        let page = format!("{base_url}/alerts/incidents/{}", home.incident);
        annotations.set("incident_url", page);
        annotations.set(TITLE, home.title.as_str());
        annotations.set(
            ACKNOWLEDGED_BY,
            home.acknowledged_by.as_deref().unwrap_or_default(),
        );
        // What moved on to another incident says nothing of the one that it was told with.
        let told_here = home.incident == label;
        annotations.set(CAUSE, if told_here { home.cause.as_str() } else { "" });
    }
    annotations.drop_empty();
    Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations,
        starts_at: finding.began_at.min(now),
        ends_at: UnixNano(i64::MAX),
        generator_url: url,
        updated_at: now,
        timeout: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::{self, Routing};
    use store::model::{Evidence, Scope, Severity};

    fn finding(id: &str, state: State, severity: Severity) -> Finding {
        Finding {
            id: id.to_owned(),
            kind: "error_rate".to_owned(),
            scope: Scope::Function,
            subject: "aws:1:eu-central-1:checkout".to_owned(),
            function_id: "aws:1:eu-central-1:checkout".to_owned(),
            version: String::new(),
            detail: String::new(),
            state,
            severity,
            confidence: 1.0,
            p_value: None,
            began_at: UnixNano(10),
            detected_at: UnixNano(20),
            updated_at: UnixNano(20),
            closed_at: (state == State::Closed).then_some(UnixNano(90)),
            closed_because: String::new(),
            title: "more errors".to_owned(),
            sentence: "many more".to_owned(),
            relative: None,
            interval: None,
            before: None,
            after: None,
            unit: String::new(),
            ms_per_month: None,
            micro_usd_per_month: None,
            evidence: Evidence::default(),
        }
    }

    fn machine() -> Machine {
        let state = dispatch::State::default();
        Machine::new(Routing::default(), state, UnixNano(0), UnixNano(0))
    }

    /// What is posted, as `severity resolved-at` lines, sorted.
    fn step(machine: &mut Machine, now: i64, found: &[Finding]) -> Vec<String> {
        let now = UnixNano(now);
        let alerts = news(found, &Homes::new(), machine, "http://here/", now);
        let mut told: Vec<String> = alerts
            .iter()
            .map(|alert| match alert.resolved_at(now) {
                true => format!(
                    "{} over {}",
                    alert.labels.value("severity"),
                    alert.ends_at.0
                ),
                false => format!("{} fires", alert.labels.value("severity")),
            })
            .collect();
        machine.post(alerts, now).expect("room");
        told.sort();
        told
    }

    #[test]
    fn what_opens_fires_once_and_is_over_when_it_closes() {
        let mut machine = machine();
        let open = finding("a", State::Open, Severity::High);
        assert_eq!(
            step(&mut machine, 50, std::slice::from_ref(&open)),
            ["high fires"]
        );
        assert!(step(&mut machine, 60, std::slice::from_ref(&open)).is_empty());
        let mut more = open;
        more.sentence = "even more".to_owned();
        assert_eq!(step(&mut machine, 70, &[more]), ["high fires"]);
        let worse = finding("a", State::Open, Severity::Critical);
        let both = ["critical fires", "high over 80"];
        assert_eq!(step(&mut machine, 80, &[worse]), both);
        let closed = finding("a", State::Closed, Severity::Critical);
        assert_eq!(
            step(&mut machine, 100, std::slice::from_ref(&closed)),
            ["critical over 90"]
        );
        assert!(step(&mut machine, 110, &[closed]).is_empty());
    }

    #[test]
    fn what_nobody_was_told_of_never_fires_and_what_vanishes_is_over() {
        let mut machine = machine();
        for state in [State::Closed, State::Held, State::Retracted] {
            assert!(step(&mut machine, 100, &[finding("a", state, Severity::Low)]).is_empty());
        }
        step(
            &mut machine,
            110,
            &[finding("a", State::Open, Severity::Low)],
        );
        assert_eq!(step(&mut machine, 120, &[]), ["low over 120"]);
    }

    #[test]
    fn an_alert_says_whose_function_it_is_and_where_to_look() {
        let alert = alert_of(
            &finding("f00", State::Open, Severity::High),
            ("", None),
            "http://here/",
            UnixNano(50),
        );
        let want = r#"{account="1", alertname="error_rate", finding_id="f00", function="checkout", provider="aws", region="eu-central-1", scope="function", severity="high", source="nephoscope", subject="aws:1:eu-central-1:checkout"}"#;
        assert_eq!(alert.labels.to_string(), want);
        assert_eq!(alert.generator_url, "http://here/findings/f00");
        assert_eq!(alert.annotations.value("summary"), "more errors");
    }
}
