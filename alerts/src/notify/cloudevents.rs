//! CloudEvents 1.0, structured: the payload in an envelope that event brokers route by.

use serde::Serialize;

use super::payload::Payload;
use crate::model::time;
use crate::template::View;

/// Content type of one structured event.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

#[derive(Serialize)]
pub struct Event<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: Payload<'a>,
}

/// The event of the first `count` alerts. Its id is the message's own: brokers drop duplicates by it.
pub fn event(view: &View, count: usize) -> Event<'_> {
    let notification = view.notification();
    let source = match view.external_url() {
        "" => "/alerts".to_owned(),
        url => format!("{url}/alerts"),
    };
    Event {
        specversion: "1.0",
        id: &notification.id,
        source,
        kind: format!("io.nephoscope.alerts.{}", notification.status),
        subject: &notification.group_key,
        time: time::text(notification.at),
        datacontenttype: "application/json",
        data: Payload::new(view, count),
    }
}
