//! Alerts in words: names, stands, reasons, what came of decisions.

use alerts::dispatch::{Muted, Outcome, Stand, Told};
use alerts::model::{Integration, Labels, Reason};
use serde::Serialize;

use crate::format;
use crate::web::Context;
use crate::web::frame::Tone;
use crate::web::link::segment;

/// Longest text of labels in a list, characters.
const LABELS_CHARS_MAX: usize = 160;

/// What an alert is called: its name, or its first label.
pub(super) fn name(labels: &Labels) -> String {
    let first = || {
        labels
            .iter()
            .next()
            .map_or_else(|| "nameless".to_owned(), |(n, v)| format!("{n}={v}"))
    };
    let name = labels.get("alertname").map_or_else(first, str::to_owned);
    format::bounded(&name, 80)
}

/// The other labels, as far as a list has room for them.
pub(super) fn rest(labels: &Labels) -> String {
    let rest = labels.iter().filter(|(name, _)| *name != "alertname");
    let rest: Vec<String> = rest.map(|(n, v)| format!("{n}={v}")).collect();
    format::bounded(&rest.join("  "), LABELS_CHARS_MAX)
}

/// A summary of an alert, out of its annotations.
pub(super) fn summary(annotations: &Labels) -> String {
    let known = ["summary", "description", "message"];
    let found = known.into_iter().find_map(|key| annotations.get(key));
    format::bounded(found.unwrap_or_default(), 200)
}

/// The page of an alert.
pub(super) fn path(fingerprint: &str) -> String {
    format!("/alerts/{}", segment(fingerprint))
}

/// Whether somebody should look.
pub(super) fn tone(stand: Stand, labels: &Labels) -> Tone {
    match stand {
        Stand::Firing => match labels.value("severity") {
            "critical" | "page" | "high" | "error" => Tone::Bad,
            _ => Tone::Warn,
        },
        Stand::Silenced | Stand::Inhibited | Stand::Muted => Tone::Quiet,
        Stand::Resolved => Tone::Good,
    }
}

/// Which way of which receiver.
pub(super) fn way(integration: &Integration) -> String {
    let Integration {
        receiver,
        kind,
        index,
    } = integration;
    let nth = match index {
        0 => String::new(),
        n => format!(" no. {}", n + 1),
    };
    format!("{} by {kind}{nth}", format::bounded(receiver, 60))
}

/// Why a receiver needed to hear of a group.
pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NothingNew => "it knew all there was to tell",
        Reason::First => "it had not heard of the group",
        Reason::NewAlerts => "an alert fired that it had not heard of",
        Reason::SomeResolved => "an alert was over",
        Reason::AllResolved => "the last alert was over",
        Reason::Repeat => "its repeat interval had passed",
    }
}

/// A line of what was decided for a receiver.
#[derive(Serialize)]
pub(super) struct ToldView {
    pub(super) way: String,
    pub(super) what: String,
    pub(super) message: String,
    pub(super) tone: Tone,
}

/// What was decided, with the arithmetic of a repeat. `repeat_ms` is unknown where the configuration of
/// that time is.
pub(super) fn told(ctx: &Context, told: &Told, repeat_ms: Option<i64>) -> ToldView {
    let why = reason(told.reason);
    let (what, message, tone) = match &told.outcome {
        Outcome::Queued(id) => (format!("told, for {why}"), id.clone(), Tone::Bad),
        Outcome::OnItsWay(id) => (
            format!("not told again: {why}, and a message that says so was on its way already"),
            id.clone(),
            Tone::Quiet,
        ),
        Outcome::ResolvedUnwanted => (
            "not told: only resolved alerts, and it does not want those (send_resolved)".to_owned(),
            String::new(),
            Tone::Quiet,
        ),
        Outcome::Disabled => (
            "not told: it had answered 410, gone for good, and nobody has enabled it since"
                .to_owned(),
            String::new(),
            Tone::Warn,
        ),
        Outcome::OnItsPage => (
            "not told: it knew of the incident, and what joins one or ends while it goes on is on its page"
                .to_owned(),
            String::new(),
            Tone::Quiet,
        ),
        Outcome::Acknowledged(who) => (
            format!(
                "not repeated: {} takes care of the incident, until it is worse or over",
                format::bounded(who, 60)
            ),
            String::new(),
            Tone::Quiet,
        ),
        Outcome::NothingNew => (
            nothing_new(ctx, told, repeat_ms),
            String::new(),
            Tone::Quiet,
        ),
    };
    ToldView {
        way: way(&told.integration),
        what,
        message,
        tone,
    }
}

fn nothing_new(ctx: &Context, told: &Told, repeat_ms: Option<i64>) -> String {
    let Some(known) = told.known_at else {
        return "not told: nothing of the group fires, and it never heard of it".to_owned();
    };
    let clock = &ctx.range.clock;
    let at = clock.short(ctx.now_ms(), known.as_millis());
    match repeat_ms {
        None => format!("not told: nothing new since {at}"),
        Some(repeat) => format!(
            "not told: nothing new since {at}; the same is repeated at the first look after {}",
            clock.short(ctx.now_ms(), known.as_millis().saturating_add(repeat))
        ),
    }
}

/// What kept an alert from being told.
pub(super) fn muted(muted: &Muted) -> String {
    let names = |names: &[String]| format::bounded(&names.join(", "), 120);
    match muted {
        Muted::Inhibited { rule, source } => format!(
            "inhibited by alert {source}, by inhibition rule {} of the configuration",
            rule + 1
        ),
        Muted::OutsideActiveTimes(times) => {
            format!("outside of its route's active times: {}", names(times))
        }
        Muted::InMuteTimes(times) => format!("within its route's mute times: {}", names(times)),
        Muted::Silenced(ids) => format!("silenced by {}", names(ids)),
    }
}

/// An entry of the navigation between pages of alerts.
#[derive(Serialize)]
pub(crate) struct Place {
    label: &'static str,
    href: String,
    active: bool,
}

/// Pages of alerts, in the order people need them.
const PLACES: [(&str, &str); 6] = [
    ("Inbox", "/alerts"),
    ("Incidents", "/alerts/incidents"),
    ("Silences", "/alerts/silences"),
    ("Deliveries", "/alerts/deliveries"),
    ("Routes", "/alerts/routes"),
    ("Dry run", "/alerts/dry-run"),
];

/// The navigation between them.
pub(crate) fn places(ctx: &Context) -> Vec<Place> {
    let place = |(label, path): (&'static str, &str)| Place {
        label,
        href: path.to_owned(),
        active: ctx.path == path,
    };
    PLACES.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_called_by_its_name_or_its_first_label() {
        let set = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Labels>();
        assert_eq!(name(&set(&[("alertname", "Slow"), ("a", "b")])), "Slow");
        assert_eq!(name(&set(&[("b", "2"), ("a", "1")])), "a=1");
        assert_eq!(
            rest(&set(&[("alertname", "Slow"), ("b", "2"), ("a", "1")])),
            "a=1  b=2"
        );
        assert_eq!(summary(&set(&[("description", "d")])), "d");
    }

    #[test]
    fn only_what_fires_unmuted_asks_for_somebody() {
        let severe: Labels = [("severity", "critical")].into_iter().collect();
        assert_eq!(tone(Stand::Firing, &severe), Tone::Bad);
        assert_eq!(tone(Stand::Firing, &Labels::default()), Tone::Warn);
        assert_eq!(tone(Stand::Silenced, &severe), Tone::Quiet);
    }
}
