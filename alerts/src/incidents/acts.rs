//! What people want of incidents, as events.

use sha2::{Digest, Sha256};
use store::model::UnixNano;
use store::model::finding::plain;

use super::event::{Event, Member, NAME_BYTES_MAX, WORDS_BYTES_MAX, What};
use super::incident::{Incident, State};

/// Longest snooze, ms: a week.
pub const SNOOZE_MS_MAX: i64 = 7 * 86_400_000;

/// A wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// I take care.
    Acknowledge,
    /// It is this one's; nobody's when empty.
    Assign(String),
    /// Something to say.
    Comment(String),
    /// Tell nobody for so long, ms.
    Snooze(i64),
    /// Tell again.
    Wake,
    /// It is over.
    Resolve,
    /// It is not.
    Reopen,
    /// These findings are another incident.
    Split(Vec<String>),
}

/// Why a wish cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is part of another.
    #[error("it became part of {0}; say it there")]
    Merged(String),
    /// Not from where it stands.
    #[error("it is {0} already")]
    Already(&'static str),
    /// Too long, too short, or nothing.
    #[error("{0}")]
    Words(String),
    /// Merging with itself, or with one that is over.
    #[error("{0}")]
    Merge(&'static str),
}

/// What a wish makes of an incident.
///
/// # Errors
/// [`Refused`].
pub fn act(incident: &Incident, act: &Act, by: &str, now: UnixNano) -> Result<Vec<Event>, Refused> {
    if let Some(into) = &incident.merged_into {
        return Err(Refused::Merged(into.clone()));
    }
    // A person nobody knows is still not Nephoscope itself.
    let by = match by.trim() {
        "" => "somebody",
        name => name,
    };
    let say = |what| Ok(vec![Event::said(&incident.id, now, by, what)]);
    match act {
        Act::Acknowledge if !incident.state.is_live() || incident.cared_for_by().is_some() => {
            Err(Refused::Already(incident.state.as_str()))
        }
        Act::Acknowledge => say(What::Acknowledged),
        Act::Assign(to) => say(What::Assigned {
            to: plain(to.trim(), NAME_BYTES_MAX),
        }),
        Act::Comment(text) if text.trim().is_empty() => {
            Err(Refused::Words("a comment says something".to_owned()))
        }
        Act::Comment(text) if text.len() > WORDS_BYTES_MAX => Err(Refused::Words(format!(
            "a comment has at most {WORDS_BYTES_MAX} bytes"
        ))),
        Act::Comment(text) => say(What::Commented {
            text: text.trim().to_owned(),
        }),
        Act::Snooze(ms) if !(60_000..=SNOOZE_MS_MAX).contains(ms) => Err(Refused::Words(
            "a snooze lasts a minute to a week".to_owned(),
        )),
        Act::Snooze(ms) => say(What::Snoozed {
            until: UnixNano::from_millis(now.as_millis().saturating_add(*ms)),
        }),
        Act::Wake => say(What::Woken),
        Act::Resolve if incident.state == State::Resolved => Err(Refused::Already("resolved")),
        Act::Resolve => say(What::Resolved),
        Act::Reopen if incident.state.is_live() => Err(Refused::Already("open")),
        Act::Reopen => say(What::Reopened {
            why: "a person said so".to_owned(),
        }),
        Act::Split(findings) => split(incident, findings, by, now),
    }
}

fn split(
    incident: &Incident,
    findings: &[String],
    by: &str,
    now: UnixNano,
) -> Result<Vec<Event>, Refused> {
    let taken: Vec<&Member> = findings
        .iter()
        .filter_map(|finding| incident.members.get(finding))
        .collect();
    if taken.is_empty() || taken.len() == incident.members.len() {
        let reason = "choose some of the findings, and leave some";
        return Err(Refused::Words(reason.to_owned()));
    }
    let text = format!("{}\0{}\0{}", incident.id, now.0, findings.join("\0"));
    let hash = Sha256::digest(text.as_bytes());
    let other = format!("inc_{}", hex::encode(&hash[..8]));
    let ids: Vec<String> = taken.iter().map(|m| m.finding.clone()).collect();
    let stay = incident.members.keys().filter(|id| !ids.contains(id));
    let stay: Vec<String> = stay.cloned().collect();
    let cause = taken.iter().min_by_key(|m| (m.began_at, &m.finding));
    let place = cause.map_or_else(String::new, |member| member.place.clone());
    let why = format!("{by} split it off");
    let mut whats = vec![
        (
            incident.id.clone(),
            What::Left {
                findings: ids.clone(),
                to: other.clone(),
                why: why.clone(),
            },
        ),
        (incident.id.clone(), What::Pinned { findings: stay }),
        (
            incident.id.clone(),
            What::Apart {
                incident: other.clone(),
            },
        ),
        (other.clone(), What::Opened { place }),
    ];
    whats.extend(taken.into_iter().map(|member| {
        let member = Member {
            why: why.clone(),
            ..member.clone()
        };
        (other.clone(), What::Joined(member))
    }));
    whats.push((other.clone(), What::Pinned { findings: ids }));
    let apart = incident.id.clone();
    whats.push((other, What::Apart { incident: apart }));
    Ok(said(whats, by, now))
}

/// What merging `from` into `into` by hand makes of both.
///
/// # Errors
/// [`Refused`].
pub fn merge(
    from: &Incident,
    into: &Incident,
    by: &str,
    now: UnixNano,
) -> Result<Vec<Event>, Refused> {
    if from.id == into.id {
        return Err(Refused::Merge("an incident cannot become part of itself"));
    }
    if let Some(other) = from.merged_into.as_ref().or(into.merged_into.as_ref()) {
        return Err(Refused::Merged(other.clone()));
    }
    let by = if by.trim().is_empty() {
        "somebody"
    } else {
        by.trim()
    };
    let members: Vec<Member> = from.members.values().cloned().collect();
    let why = format!("{by} merged them");
    let mut whats = merged(&from.id, &into.id, &members, &why);
    let findings = members.into_iter().map(|m| m.finding).collect();
    whats.push((into.id.clone(), What::Pinned { findings }));
    Ok(said(whats, by, now))
}

/// What happens to both when one becomes part of the other.
pub(super) fn merged(from: &str, into: &str, members: &[Member], why: &str) -> Vec<(String, What)> {
    let findings: Vec<String> = members.iter().map(|m| m.finding.clone()).collect();
    let mut whats = vec![
        (
            from.to_owned(),
            What::Left {
                findings,
                to: into.to_owned(),
                why: why.to_owned(),
            },
        ),
        (
            from.to_owned(),
            What::Merged {
                into: into.to_owned(),
                why: why.to_owned(),
            },
        ),
        (
            into.to_owned(),
            What::Absorbed {
                incident: from.to_owned(),
                why: why.to_owned(),
            },
        ),
    ];
    let joined = members
        .iter()
        .map(|m| (into.to_owned(), What::Joined(m.clone())));
    whats.extend(joined);
    whats
}

/// Nanoseconds apart, so that they keep their order.
fn said(whats: Vec<(String, What)>, by: &str, now: UnixNano) -> Vec<Event> {
    let nth = |(nth, (incident, what)): (usize, (String, What))| {
        let at = now.0.saturating_add(i64::try_from(nth).unwrap_or(0));
        Event::said(&incident, UnixNano(at), by, what)
    };
    whats.into_iter().enumerate().map(nth).collect()
}
