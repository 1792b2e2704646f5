//! Metrics of queues and streams that are known by name, and what they say.
//!
//! A metric is known by the last part of its name (`amazonaws.com/AWS/SQS/ApproximateAgeOfOldestMessage` by
//! `approximateageofoldestmessage`), so that it does not matter which exporter brought it.

use std::collections::BTreeMap;

use store::model::FunctionId;
use store::model::finding::plain;
use store::read::queues::PointRow;

use crate::detectors::Names;
use crate::detectors::names::{FunctionNo, VersionNo};
use crate::detectors::news::{Gauge, Measure};

/// Longest name of a queue, bytes.
const NAME_BYTES_MAX: usize = 120;

struct Known {
    /// Last part of the name, lower case.
    tail: &'static str,
    measure: Measure,
    /// To the unit of the measure.
    scale: f64,
}

const fn known(tail: &'static str, measure: Measure, scale: f64) -> Known {
    Known {
        tail,
        measure,
        scale,
    }
}

/// One line a name.
const KNOWN: &[Known] = &[
    // AWS: CloudWatch metric streams and exporters of the same names.
    known("iteratorage", Measure::IteratorAge, 1e-3),
    known(
        "getrecords.iteratoragemilliseconds",
        Measure::IteratorAge,
        1e-3,
    ),
    known("approximateageofoldestmessage", Measure::OldestAge, 1.0),
    known("asynceventage", Measure::OldestAge, 1e-3),
    known("approximatenumberofmessagesvisible", Measure::Waiting, 1.0),
    known("offsetlag", Measure::Waiting, 1.0),
    known("deadlettererrors", Measure::DeadLettered, 1.0),
    known("asynceventsdropped", Measure::DeadLettered, 1.0),
    known("throttles", Measure::Throttled, 1.0),
    // Azure: Service Bus, by Azure Monitor's names and those of the collector's receiver.
    known("activemessages", Measure::Waiting, 1.0),
    known("azure_activemessages_average", Measure::Waiting, 1.0),
    known("azure_activemessages_maximum", Measure::Waiting, 1.0),
    known("deadletteredmessages", Measure::DeadWaiting, 1.0),
    known(
        "azure_deadletteredmessages_average",
        Measure::DeadWaiting,
        1.0,
    ),
    known(
        "azure_deadletteredmessages_maximum",
        Measure::DeadWaiting,
        1.0,
    ),
    // Google Cloud: Pub/Sub.
    known("oldest_unacked_message_age", Measure::OldestAge, 1.0),
    known("num_undelivered_messages", Measure::Waiting, 1.0),
    known("dead_letter_message_count", Measure::DeadLettered, 1.0),
    // Kafka, RabbitMQ.
    known("kafka.consumer_group.lag_sum", Measure::Waiting, 1.0),
    known("kafka.consumer.lag", Measure::Waiting, 1.0),
    known("kafka.consumer.records-lag-max", Measure::Waiting, 1.0),
    known("kafka.consumer.records_lag_max", Measure::Waiting, 1.0),
    known("messaging.kafka.consumer.lag", Measure::Waiting, 1.0),
    known("rabbitmq.message.current", Measure::Waiting, 1.0),
];

/// What names the queue, topic or stream, the most telling first; lower case.
const NAMED_BY: &[&str] = &[
    "queuename",
    "streamname",
    "topicname",
    "entityname",
    "subscription_id",
    "subscription",
    "messaging.destination.name",
    "messaging.consumer.group.name",
    "rabbitmq.queue.name",
    "group",
    "topic",
    "queue",
];

/// Parts of a queue's name that say it takes dead letters.
const DEAD: &[&str] = &["dlq", "dead-letter", "deadletter", "dead_letter"];

/// The last parts of the names that are asked for.
#[must_use]
pub fn tails() -> Vec<&'static str> {
    KNOWN.iter().map(|known| known.tail).collect()
}

/// Of these, those of ages.
#[must_use]
pub fn ages() -> Vec<&'static str> {
    let ages = KNOWN
        .iter()
        .filter(|known| matches!(known.measure, Measure::IteratorAge | Measure::OldestAge));
    ages.map(|known| known.tail).collect()
}

/// What points say, one gauge for each measure, resource and minute; of a growing count what it grew by.
/// Counts of several series of one queue add up, of ages the largest counts.
pub fn gauges(points: &[PointRow], names: &mut Names) -> Vec<Gauge> {
    let mut sums: BTreeMap<(Measure, VersionNo, Option<FunctionNo>, u32), f64> = BTreeMap::new();
    let mut before: BTreeMap<u64, f64> = BTreeMap::new();
    let mut points: Vec<&PointRow> = points.iter().collect();
    points.sort_by_key(|point| point.minute_s);
    for point in points {
        let tail = point
            .name
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let Some(known) = KNOWN.iter().find(|known| known.tail == tail) else {
            continue;
        };
        let counts = matches!(known.measure, Measure::DeadLettered | Measure::Throttled);
        let value = match (counts, point.cumulative) {
            (true, true) => match before.insert(point.series, point.newest) {
                // A restart begins at 0 again.
                Some(earlier) if point.newest >= earlier => point.newest - earlier,
                Some(_) => point.newest,
                None => continue,
            },
            (true, false) => point.total,
            (false, _) => point.largest,
        };
        if !value.is_finite() || value < 0.0 {
            continue;
        }
        let (resource, function) = whose(point, names);
        let dead = known.measure == Measure::Waiting && takes_dead_letters(&resource);
        let measure = if dead {
            Measure::DeadWaiting
        } else {
            known.measure
        };
        let key = (measure, names.version(&resource), function, point.minute_s);
        let value = value * known.scale;
        let sum = sums.entry(key).or_default();
        *sum = match measure {
            Measure::IteratorAge | Measure::OldestAge => sum.max(value),
            _ => *sum + value,
        };
    }
    let gauge = |((measure, resource, function, minute_s), value)| Gauge {
        measure,
        resource,
        function,
        value,
        minute_s,
    };
    sums.into_iter().map(gauge).collect()
}

fn takes_dead_letters(resource: &str) -> bool {
    let lower = resource.to_lowercase();
    DEAD.iter().any(|part| lower.contains(part))
}

/// The queue's name and the function that a point is about, either may be missing.
fn whose(point: &PointRow, names: &mut Names) -> (String, Option<FunctionNo>) {
    let mut told: Vec<(String, String)> = Vec::new();
    for (key, value) in point.attributes.iter().chain(&point.resource) {
        // CloudWatch's streams keep dimensions in one attribute.
        if key.eq_ignore_ascii_case("dimensions")
            && let Ok(inner) = serde_json::from_str::<BTreeMap<String, String>>(value)
        {
            told.extend(inner.into_iter().map(|(k, v)| (k.to_lowercase(), v)));
        }
        told.push((key.to_lowercase(), value.clone()));
    }
    let find = |name: &str| {
        told.iter()
            .find(|(key, _)| key == name)
            .map(|(_, v)| v.as_str())
    };
    let resource = NAMED_BY
        .iter()
        .find_map(|name| find(name))
        .unwrap_or_default();
    let function = match (point.function_id.as_str(), find("functionname")) {
        ("", None) => None,
        ("", Some(name)) => {
            let id = FunctionId {
                provider: find("cloud.provider").unwrap_or("aws").to_owned(),
                account: find("cloud.account.id").unwrap_or_default().to_owned(),
                region: find("cloud.region").unwrap_or_default().to_owned(),
                name: name.to_owned(),
            };
            // Only functions that are known otherwise: a metric alone names no new one here.
            names.known(&id.to_string())
        }
        (id, _) => names.known(id),
    };
    (plain(resource, NAME_BYTES_MAX), function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, attributes: &[(&str, &str)], minute_s: u32, newest: f64) -> PointRow {
        let pair = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        PointRow {
            name: name.to_owned(),
            function_id: String::new(),
            attributes: attributes.iter().map(pair).collect(),
            resource: vec![
                ("cloud.account.id".into(), "1".into()),
                ("cloud.region".into(), "eu".into()),
            ],
            series: 7,
            minute_s,
            newest,
            largest: newest,
            total: newest,
            cumulative: false,
        }
    }

    #[test]
    fn metrics_of_three_clouds_are_known_by_the_end_of_their_names() {
        let mut names = Names::default();
        let function = names.function("aws:1:eu:reader");
        let aws = "amazonaws.com/AWS/";
        let points = [
            point(
                &format!("{aws}Lambda/IteratorAge"),
                &[("Dimensions", r#"{"FunctionName":"reader"}"#)],
                60,
                9e6,
            ),
            point(
                &format!("{aws}SQS/ApproximateNumberOfMessagesVisible"),
                &[("QueueName", "orders-dlq")],
                60,
                3.0,
            ),
            point(
                "azure_activemessages_average",
                &[("EntityName", "orders")],
                60,
                12.0,
            ),
            point(
                "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
                &[("subscription_id", "s")],
                60,
                5.0,
            ),
            point("http.server.duration", &[], 60, 5.0),
        ];
        let found = gauges(&points, &mut names);
        let of = |measure| found.iter().find(|g| g.measure == measure).copied();
        assert_eq!(found.len(), 4);
        let age = of(Measure::IteratorAge).expect("age");
        assert_eq!((age.function, age.value), (function, 9_000.0));
        let dead = of(Measure::DeadWaiting).expect("dead letters");
        assert_eq!(names.version_name(dead.resource), "orders-dlq");
        assert!(of(Measure::Waiting).is_some() && of(Measure::OldestAge).is_some());
    }

    #[test]
    fn a_growing_count_says_what_it_grew_by_and_a_restart_begins_anew() {
        let mut names = Names::default();
        let at = |minute_s, value| PointRow {
            cumulative: true,
            ..point(
                "x/dead_letter_message_count",
                &[("subscription_id", "s")],
                minute_s,
                value,
            )
        };
        let points = [at(120, 15.0), at(60, 10.0), at(180, 2.0)];
        let grew: Vec<f64> = gauges(&points, &mut names)
            .iter()
            .map(|g| g.value)
            .collect();
        assert_eq!(grew, [5.0, 2.0]);
    }
}
