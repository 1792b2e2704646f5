//! What is news of an incident: that it began, became worse, has another cause, or is over. What joins it or
//! ends while it goes on is on its page, not a message.
//!
//! Receivers are taken to know facts instead of alerts: each step of severity up to the worst that fires, and
//! where the cause is. A fact nobody told yet is news, by the very rules of Alertmanager for alerts; one that
//! no longer holds is none while another does.

use store::model::Severity;

use super::Entry;
use crate::findings;
use crate::incidents::{ACKNOWLEDGED_BY, CAUSE, LABEL};
use crate::model::{Fingerprint, Labels, NotifiedAlert, Status};

/// Whether a group of these labels and alerts is an incident of ours, as
/// [`super::Routing::group_labels`] makes
/// them, and not what others call so.
pub(super) fn is_incident(group: &Labels, alerts: &[NotifiedAlert]) -> bool {
    let is_ours = |alert: &NotifiedAlert| findings::is_ours(&alert.labels);
    group.len() == 1 && group.get(LABEL).is_some() && alerts.iter().all(is_ours)
}

/// Whether a way of a receiver hears of incidents rather than of each alert: another Alertmanager groups by
/// itself, and must know when each of its alerts ends.
pub(super) fn hears_of_incidents(kind: &str) -> bool {
    kind != "alertmanager"
}

/// What a receiver knows of an incident once it was told of these alerts, instead of `each` of them.
pub(super) fn entry(alerts: &[NotifiedAlert], each: &Entry) -> Entry {
    let firing = alerts.iter().filter(|a| a.status == Status::Firing);
    let worst = firing.clone().map(|alert| severity(&alert.labels)).max();
    let levels = Severity::ALL
        .iter()
        .filter(|level| worst.is_some_and(|worst| **level <= worst));
    let levels = levels.map(|level| fact("severity", level.as_str()));
    let causes = firing.filter_map(|alert| alert.annotations.get(CAUSE));
    let mut facts: Vec<Fingerprint> = levels.chain(causes.map(|at| fact(CAUSE, at))).collect();
    facts.sort_unstable();
    facts.dedup();
    Entry {
        firing: facts,
        // Nothing of an incident is over before all of it is.
        resolved: Vec::new(),
        ..each.clone()
    }
}

/// Who takes care of everything that fires, if somebody does: then nobody is reminded.
pub(super) fn acknowledged_by(alerts: &[NotifiedAlert]) -> Option<String> {
    let firing = alerts.iter().filter(|a| a.status == Status::Firing);
    let mut who = firing.map(|alert| alert.annotations.get(ACKNOWLEDGED_BY));
    let first = who.next()??;
    who.all(|other| other.is_some()).then(|| first.to_owned())
}

fn severity(labels: &Labels) -> Severity {
    let word = labels.value("severity");
    Severity::parse(word).unwrap_or(Severity::Critical)
}

fn fact(name: &str, value: &str) -> Fingerprint {
    [(name, value)]
        .into_iter()
        .collect::<Labels>()
        .fingerprint()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Duration;
    use crate::dispatch::needs_update;
    use crate::model::Reason;
    use store::model::UnixNano;

    /// `high@auth critical@auth -high@auth`: alerts by severity and cause; with a minus, over.
    fn alerts(text: &str) -> Vec<NotifiedAlert> {
        let alert = |word: &str| {
            let (severity, cause) = word.trim_start_matches('-').split_once('@').expect(word);
            let labels: Labels = [("severity", severity), (LABEL, "inc_1")]
                .into_iter()
                .collect();
            let mut annotations: Labels = [(CAUSE, cause)].into_iter().collect();
            annotations.drop_empty();
            let over = word.starts_with('-');
            NotifiedAlert {
                status: if over {
                    Status::Resolved
                } else {
                    Status::Firing
                },
                fingerprint: labels.fingerprint(),
                labels,
                annotations,
                starts_at: UnixNano(1),
                ends_at: over.then_some(UnixNano(2)),
                generator_url: String::new(),
            }
        };
        text.split_whitespace().map(alert).collect()
    }

    fn told(text: &str) -> Entry {
        let each = Entry {
            firing: Vec::new(),
            resolved: Vec::new(),
            at: UnixNano(0),
            expires_at: UnixNano(0),
        };
        entry(&alerts(text), &each)
    }

    #[test]
    fn only_what_is_worse_has_another_cause_or_is_over_is_news() {
        for (known, now, want) in [
            (
                "high@auth",
                "high@auth high@auth low@auth",
                Reason::NothingNew,
            ),
            (
                "high@auth high@auth",
                "-high@auth low@auth",
                Reason::NothingNew,
            ),
            ("low@auth", "low@auth high@auth", Reason::NewAlerts),
            ("high@auth", "medium@auth", Reason::NothingNew),
            ("high@web", "high@auth", Reason::NewAlerts),
            // Those that moved on to another incident name no cause of this one.
            ("high@auth high@", "high@", Reason::NothingNew),
            ("high@auth", "-high@auth -low@auth", Reason::AllResolved),
        ] {
            let repeat = Duration::from_secs(60);
            let got = needs_update(Some(&told(known)), &told(now), true, repeat);
            assert_eq!(got, want, "{known}, then {now}");
        }
        assert_eq!(
            needs_update(None, &told("low@"), true, Duration::from_secs(60)),
            Reason::First
        );
    }

    #[test]
    fn somebody_takes_care_where_everything_that_fires_says_so() {
        let mut all = alerts("high@auth low@auth -low@auth");
        assert_eq!(acknowledged_by(&all), None);
        all[0].annotations.set(ACKNOWLEDGED_BY, "Ada");
        assert_eq!(acknowledged_by(&all), None, "one was not seen yet");
        all[1].annotations.set(ACKNOWLEDGED_BY, "Ada");
        assert_eq!(acknowledged_by(&all).as_deref(), Some("Ada"));
        assert_eq!(acknowledged_by(&alerts("-low@auth")), None);
    }
}
