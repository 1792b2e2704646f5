//! Single facts of an invocation, read from old and new attribute names in the units that occur.

use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use store::model::{Attributes, Status};

use super::identity::Seen;
use super::parse;
use crate::decode::wire::{Span, Traces};

/// Texts of ours that come from telemetry (version, instance, …) are cut here, in bytes: the
/// longest genuine one is a log stream name (512).
pub(super) const TEXT_BYTES: usize = 512;

/// Error types are cut here, in characters (the column's contract).
const ERROR_TYPE_CHARS: usize = 200;

/// A longer "invocation id" is no id: the platforms' own are 36 characters, ours 49.
pub(super) const INVOCATION_ID_BYTES: usize = 256;

const MIB: u64 = 1024 * 1024;

/// The longest beginning of `text` of at most `bytes` bytes that ends between characters.
fn head(text: &str, bytes: usize) -> &str {
    let end = bytes.min(text.len());
    let end = (0..=end)
        .rev()
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(0);
    &text[..end]
}

/// Shortens `text` to at most `bytes` bytes.
pub(super) fn cut(text: &mut String, bytes: usize) {
    let end = head(text, bytes).len();
    text.truncate(end);
}

/// A telemetry text for a column of ours, cut to [`TEXT_BYTES`].
pub(super) fn short(text: &str) -> String {
    head(text, TEXT_BYTES).to_owned()
}

/// An error type for its column, cut to 200 characters.
pub(super) fn error_type(text: &str) -> String {
    text.chars().take(ERROR_TYPE_CHARS).collect()
}

/// `faas.max_memory` in MiB: bytes since semantic conventions 1.19, megabytes before, a number or a
/// text.
///
/// Up to 65,536 it is MiB (no platform sells more than 32 GiB), from 1 MiB on it is bytes; between
/// the two it is neither.
pub(super) fn memory_mb(text: &str) -> Option<u32> {
    let text = text.trim();
    let number = text.parse::<u64>().ok().or_else(|| {
        let float = text.parse::<f64>().ok()?;
        // Whole numbers that an SDK sent as a double; the cast is exact below 2^53.
        (float.fract() == 0.0 && (0.0..9e15).contains(&float)).then_some(float as u64)
    })?;
    match number {
        0 => None,
        1..=65_536 => u32::try_from(number).ok(),
        MIB.. => u32::try_from(number / MIB).ok(),
        _ => None,
    }
}

/// The platform's invocation id under its new or old name.
pub(super) fn invocation_id<'a>(seen: &Seen<'a>) -> Option<&'a str> {
    seen.first(&["faas.invocation_id", "faas.execution"])
        .map(|(_, id)| id)
        .filter(|id| id.len() <= INVOCATION_ID_BYTES)
}

/// `faas.coldstart` as a bool or a text; Azure marks the requests that had to wait instead.
pub(super) fn cold_start(attributes: Attributes<'_>) -> Option<bool> {
    let told = attributes.first(&[
        "faas.coldstart",
        "azure.functions.coldstart_impacted",
        "azure.functions.coldstart.impacted",
    ])?;
    match told.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// `http`, `pubsub`, `timer`, `datasource`, `other`, or empty when nothing tells.
pub(super) fn trigger(seen: &Seen<'_>, is_consumer: bool) -> &'static str {
    if let Some(told) = seen.get("faas.trigger") {
        return known_trigger(told);
    }
    let has = |keys: &[&'static str]| seen.item.first(keys).is_some();
    if has(&["faas.cron", "faas.time"]) {
        "timer"
    } else if has(&["faas.document.collection", "faas.document.operation"]) {
        "datasource"
    } else if has(&[
        "messaging.system",
        "messaging.destination.name",
        "messaging.operation",
    ]) {
        "pubsub"
    } else if has(&[
        "http.request.method",
        "http.method",
        "http.route",
        "http.target",
    ]) {
        "http"
    } else if is_consumer {
        "pubsub"
    } else {
        ""
    }
}

/// The convention's five names for what Azure (`eventHubTrigger`) and Cloudflare (`cron`) send.
fn known_trigger(told: &str) -> &'static str {
    let told = told.trim().to_ascii_lowercase();
    match told.strip_suffix("trigger").unwrap_or(&told) {
        "http" | "https" | "webhook" | "fetch" => "http",
        "timer" | "cron" | "schedule" | "scheduled" | "alarm" => "timer",
        "datasource" | "blob" | "cosmosdb" | "sql" | "mysql" => "datasource",
        "pubsub" | "queue" | "eventhub" | "eventgrid" | "servicebus" | "kafka" | "rabbitmq" => {
            "pubsub"
        }
        _ => "other",
    }
}

/// `python`, `nodejs`, …: the SDK's language, else the runtime's own name, else nothing.
pub(super) fn runtime(seen: &Seen<'_>) -> String {
    // Vercel's `edge` and `nodejs` differ in limits and price, the language does not tell them
    // apart.
    let told = [
        "vercel.runtime",
        "telemetry.sdk.language",
        "process.runtime.name",
    ];
    let Some((key, told)) = seen.first(&told) else {
        return String::new();
    };
    let name = short(told).to_ascii_lowercase();
    if key != "process.runtime.name" {
        return name;
    }
    let known = [
        ("python", "python"),
        ("pypy", "python"),
        ("node", "nodejs"),
        ("openjdk", "java"),
        ("java", "java"),
        (".net", "dotnet"),
    ];
    known
        .iter()
        .find(|(part, _)| name.contains(part))
        .map_or(name.clone(), |(_, runtime)| (*runtime).to_owned())
}

/// `x86_64` or `arm64` in the spelling of the clouds' price lists.
pub(super) fn architecture(seen: &Seen<'_>) -> String {
    let told = seen
        .get("host.arch")
        .map(short)
        .unwrap_or_default()
        .to_ascii_lowercase();
    match told.as_str() {
        "amd64" | "x86_64" | "x64" => "x86_64".to_owned(),
        "arm64" | "aarch64" => "arm64".to_owned(),
        _ => told,
    }
}

/// What a platform counted of an invocation and tells in its span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    /// From the beginning to the end.
    pub(super) duration_ms: Option<f64>,
    /// What the processor worked.
    pub(super) cpu_ms: Option<f64>,
}

/// A duration in milliseconds as an attribute tells it.
pub(super) fn milliseconds(text: &str) -> Option<f64> {
    parse::sound_ms(text.trim().parse().ok())
}

/// How something ended, and what kind of error ended it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) status: Status,
    pub(super) error_type: String,
}

/// The status of a span: what it says itself, else its exceptions, else its HTTP status.
///
/// An unset status without any of these is a success, as OpenTelemetry defines it.
pub(super) fn outcome(
    request: &Traces<'_>,
    span: &Span<'_>,
    attributes: Attributes<'_>,
) -> Outcome {
    let exception = request.events[span.events.clone()]
        .iter()
        .rev()
        .find(|event| event.name == "exception");
    let http = attributes
        .first(&["http.response.status_code", "http.status_code"])
        .filter(|code| {
            code.parse::<u16>()
                .is_ok_and(|code| (500..600).contains(&code))
        });
    let failed = match span.status_code() {
        StatusCode::Error => true,
        StatusCode::Ok => false,
        StatusCode::Unset => exception.is_some() || http.is_some(),
    };
    if !failed {
        return Outcome {
            status: Status::Ok,
            error_type: String::new(),
        };
    }
    let kind = exception
        .and_then(|event| {
            request
                .lists
                .get(event.attributes)
                .first(&["exception.type"])
        })
        .or_else(|| attributes.first(&["exception.type", "error.type"]))
        .or(http)
        .unwrap_or_default();
    Outcome {
        status: Status::Error,
        error_type: error_type(kind),
    }
}

/// The name of a severity number's range, for records that bring the number only.
pub(super) const fn severity_name(number: u8) -> &'static str {
    match number {
        1..=4 => "TRACE",
        5..=8 => "DEBUG",
        9..=12 => "INFO",
        13..=16 => "WARN",
        17..=20 => "ERROR",
        21..=24 => "FATAL",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_of_all_platforms_get_the_conventions_names() {
        let cases = [
            ("http", "http"),
            ("cron", "timer"),
            ("queue", "pubsub"),
            ("email", "other"),
            ("eventHubTrigger", "pubsub"),
            ("timerTrigger", "timer"),
            ("cosmosDBTrigger", "datasource"),
            ("jsrpc", "other"),
        ];
        for (told, expected) in cases {
            assert_eq!(known_trigger(told), expected, "{told}");
        }
    }

    #[test]
    fn long_texts_are_cut_at_a_character_boundary() {
        let text = "ä".repeat(TEXT_BYTES);
        assert_eq!(short(&text).len(), TEXT_BYTES);
        assert_eq!(error_type(&text).chars().count(), 200);
        let mut odd = format!("a{}", "ä".repeat(10));
        cut(&mut odd, 4);
        assert_eq!(odd, "aä");
    }
}
