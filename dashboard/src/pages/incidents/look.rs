//! What to look at next, for an incident: links a person on call would follow.

use alerts::incidents::Incident;
use alerts::incidents::incident::name_of;
use serde::Serialize;
use store::read::deploys::DeployRow;

use crate::web::Context;
use crate::web::link::function_path;

/// A deploy so long before the begin is worth a look, ms.
const BEFORE_MS: i64 = 3_600_000;

#[derive(Serialize)]
pub(super) struct LookView {
    text: String,
    href: String,
    why: String,
}

/// The likeliest first.
pub(super) fn next(ctx: &Context, incident: &Incident, deploys: &[DeployRow]) -> Vec<LookView> {
    let place = &incident.place;
    let is_function = place.splitn(4, ':').count() == 4;
    let began_ms = incident
        .members
        .values()
        .map(|m| m.began_at.as_millis())
        .min();
    let began_ms = began_ms.unwrap_or_else(|| incident.opened_at.as_millis());
    let (from, to) = (
        (began_ms - 600_000).to_string(),
        (began_ms + 1_800_000).to_string(),
    );
    let around = [("from", from.as_str()), ("to", to.as_str())];
    let mut all = Vec::new();
    let before = deploys
        .iter()
        .filter(|d| (0..BEFORE_MS).contains(&(began_ms - d.at_ms)));
    let before = before
        .filter(|d| d.function_id == *place)
        .max_by_key(|d| d.at_ms);
    if let Some(deploy) = before {
        all.push(LookView {
            text: format!("The deploy of {} {}", name_of(place), deploy.version),
            href: ctx.link(&function_path(place), &[]),
            why: "it went into use within the hour before".to_owned(),
        });
    }
    if let Some(root) = incident.root() {
        all.push(LookView {
            text: root.title.clone(),
            href: ctx.link(&format!("/findings/{}", root.finding), &[]),
            why: match root.place == *place {
                true => "the finding at the cause: its evidence and traces".to_owned(),
                false => "the first to suffer; nothing was found at the cause itself".to_owned(),
            },
        });
    }
    if is_function {
        let function = [("function", place.as_str()), ("errors", "1")];
        let asked = [&function[..], &around].concat();
        all.push(LookView {
            text: format!("Failed traces of {}", name_of(place)),
            href: crate::web::link::with_query("/traces", asked),
            why: "from when it began".to_owned(),
        });
        let asked = [&[("function", place.as_str())][..], &around].concat();
        all.push(LookView {
            text: format!("Logs of {}", name_of(place)),
            href: crate::web::link::with_query("/logs", asked),
            why: "from when it began".to_owned(),
        });
    } else if let Some(host) = place.strip_prefix("peer:") {
        let asked = [
            &[("key", "server.address"), ("value", host), ("errors", "1")][..],
            &around,
        ];
        all.push(LookView {
            text: format!("Failed calls to {host}"),
            href: crate::web::link::with_query("/traces", asked.concat()),
            why: "it sends no telemetry of its own".to_owned(),
        });
    }
    all
}
