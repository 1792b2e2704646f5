//! Our own pages, as messages link to them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::{NotifiedAlert, quoted};
use crate::template::{View, link, quote_meta};

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// All alerts of the receiver.
pub fn alerts(view: &View) -> String {
    let receiver = quote_meta(&view.notification().integration.receiver);
    format!(
        "{}/alerts?receiver={}",
        view.external_url(),
        encoded(&receiver)
    )
}

/// The form for a silence of the group.
pub fn silence(view: &View) -> String {
    let labels = view.notification().group_labels.iter();
    let matchers: Vec<String> = labels.map(|(n, v)| format!("{n}={}", quoted(v))).collect();
    let filter = encoded(&format!("{{{}}}", matchers.join(",")));
    format!(
        "{}/alerts/silences/new?filter={filter}",
        view.external_url()
    )
}

/// The pages that an alert names, with their titles; what is no web address is none.
pub fn of_alert(alert: &NotifiedAlert) -> Vec<(&'static str, &str)> {
    let named = [
        ("Acknowledge", "incident_url"),
        ("Finding", "finding_url"),
        ("Trace", "trace_url"),
        ("Runbook", "runbook_url"),
    ];
    let named = named.map(|(title, key)| (title, alert.annotations.value(key)));
    let all = named
        .into_iter()
        .chain([("Source", alert.generator_url.as_str())]);
    all.filter_map(|(title, address)| Some((title, link(address)?)))
        .collect()
}

/// The first chart that an alert of the message has.
pub fn image(view: &View) -> Option<&str> {
    let alerts = view.notification().alerts.iter();
    alerts
        .filter_map(|alert| link(alert.annotations.value("image_url")))
        .next()
}
