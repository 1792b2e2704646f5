//! AWS Lambda's own lines about an invocation, in the four forms that reach OTLP.

use serde_json::{Value, json};

use crate::function::Report;
use crate::invocation::{Invocation, Outcome};
use crate::random::to_hex;
use crate::time::{MILLI, Ns, rfc3339, to_ms};
use crate::truth::{billed_ms, hundredths};

/// A line of the platform: when, of which Telemetry API type, and its text.
pub struct PlatformLine {
    /// When it was written.
    pub at: Ns,
    /// `platform.report` and the like; `function` for a line of the runtime itself.
    pub kind: &'static str,
    /// The text.
    pub text: String,
}

/// The facts of a REPORT, rounded as the platform prints them.
#[derive(Debug, PartialEq)]
struct Facts {
    request: String,
    duration_ms: f64,
    billed_ms: u64,
    memory_mb: u32,
    used_mb: u32,
    init_ms: Option<f64>,
    status: &'static str,
    error_type: Option<&'static str>,
}

fn facts(inv: &Invocation<'_>) -> Facts {
    let (status, error_type) = match inv.outcome {
        Outcome::Ok => ("success", None),
        Outcome::Error(_) => ("error", Some("Unhandled")),
        Outcome::Timeout => ("timeout", None),
        Outcome::OutOfMemory => ("error", Some("Runtime.OutOfMemory")),
    };
    Facts {
        request: inv.id.clone(),
        duration_ms: to_ms(hundredths(inv.duration())),
        billed_ms: billed_ms(inv).unwrap_or(0),
        memory_mb: inv.function.memory_mb,
        used_mb: match inv.outcome {
            Outcome::OutOfMemory => inv.function.memory_mb,
            _ => inv.memory_used_mb,
        },
        init_ms: inv.init.map(|ns| to_ms(hundredths(ns))),
        status,
        error_type,
    }
}

/// `REPORT RequestId: ...` with `separator` between its fields. AWS ends the line with a separator
/// too; the receiver that flattens does not.
fn report_text(f: &Facts, separator: &str, always_status: bool) -> String {
    let mut fields = vec![
        format!("REPORT RequestId: {}", f.request),
        format!("Duration: {:.2} ms", f.duration_ms),
        format!("Billed Duration: {} ms", f.billed_ms),
        format!("Memory Size: {} MB", f.memory_mb),
        format!("Max Memory Used: {} MB", f.used_mb),
    ];
    fields.extend(f.init_ms.map(|ms| format!("Init Duration: {ms:.2} ms")));
    // The text that Lambda itself prints mentions a status only when the sandbox died of it.
    let died = f.status == "timeout" || f.error_type == Some("Runtime.OutOfMemory");
    if f.status != "success" && (died || always_status) {
        fields.push(format!("Status: {}", f.status));
        fields.extend(f.error_type.map(|t| format!("Error Type: {t}")));
    }
    let mut text = fields.join(separator);
    if separator == "\t" {
        text.push('\t');
    }
    text
}

/// The `record` of a `platform.report` event.
fn report_record(f: &Facts, inv: &Invocation<'_>) -> Value {
    let mut metrics = json!({
        "durationMs": f.duration_ms,
        "billedDurationMs": f.billed_ms,
        "memorySizeMB": f.memory_mb,
        "maxMemoryUsedMB": f.used_mb,
    });
    if let Some(ms) = f.init_ms {
        metrics["initDurationMs"] = ms.into();
    }
    let mut record = json!({
        "requestId": f.request,
        "metrics": metrics,
        "tracing": {
            "spanId": to_hex(&inv.context.span),
            "type": "X-Amzn-Trace-Id",
            "value": xray_header(inv),
        },
        "status": f.status,
    });
    if let Some(error) = f.error_type {
        record["errorType"] = error.into();
    }
    record
}

/// A trace id as X-Ray writes it: `1-` time `-` random.
fn xray_id(inv: &Invocation<'_>) -> String {
    let hex = to_hex(&inv.context.trace);
    format!("1-{}-{}", &hex[..8], &hex[8..])
}

fn xray_header(inv: &Invocation<'_>) -> String {
    let parent = inv.parent.unwrap_or(inv.context.span);
    format!("Root={};Parent={};Sampled=1", xray_id(inv), to_hex(&parent))
}

/// What the runtime writes when it is stopped or killed.
fn obituary(inv: &Invocation<'_>) -> Option<String> {
    let limit_s = inv.function.timeout.0 as f64 / 1e9;
    match inv.outcome {
        Outcome::Timeout => Some(format!(
            "{} {} Task timed out after {limit_s:.2} seconds",
            rfc3339(inv.ended),
            inv.id
        )),
        Outcome::OutOfMemory => Some(format!(
            "RequestId: {} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            inv.id
        )),
        _ => None,
    }
}

/// Everything the platform writes about an invocation, in order.
pub fn lines(inv: &Invocation<'_>) -> Vec<PlatformLine> {
    let form = inv.function.report;
    let f = facts(inv);
    let version = &inv.instance.version.label;
    let mut lines = Vec::with_capacity(5);
    let mut add = |at, kind, text: String, record: Value| {
        let text = match form {
            Report::Text | Report::Flat | Report::None => text,
            Report::JsonRecord => record.to_string(),
            Report::JsonEvent => {
                json!({ "time": rfc3339(at), "type": kind, "record": record }).to_string()
            }
        };
        lines.push(PlatformLine { at, kind, text });
    };
    add(
        inv.started,
        "platform.start",
        format!("START RequestId: {} Version: {version}", inv.id),
        json!({ "requestId": inv.id, "version": version }),
    );
    if let Some(text) = obituary(inv) {
        add(inv.ended, "function", text.clone(), text.into());
    }
    add(
        inv.ended,
        "platform.runtimeDone",
        format!("END RequestId: {}", inv.id),
        json!({
            "requestId": inv.id,
            "status": f.status,
            "metrics": { "durationMs": f.duration_ms, "producedBytes": 512 },
        }),
    );
    let tabbed = form == Report::Text;
    let mut text = report_text(&f, if tabbed { "\t" } else { " " }, !tabbed);
    if tabbed && inv.function.xray {
        let segment = to_hex(&inv.context.span);
        text.push_str(&format!(
            "\nXRAY TraceId: {}\tSegmentId: {segment}\tSampled: true\t",
            xray_id(inv)
        ));
    }
    let record = report_record(&f, inv);
    add(inv.ended + MILLI, "platform.report", text, record);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The current sample of the AWS documentation (a cold start, billed with its init).
    fn sample() -> Facts {
        Facts {
            request: "8f507cfc-xmpl-4697-b07a-ac58fc914c95".to_owned(),
            duration_ms: 15.74,
            billed_ms: 147,
            memory_mb: 128,
            used_mb: 56,
            init_ms: Some(130.49),
            status: "success",
            error_type: None,
        }
    }

    #[test]
    fn flat_reports_equal_the_documented_sample() {
        assert_eq!(
            report_text(&sample(), " ", true),
            "REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95 Duration: 15.74 ms \
             Billed Duration: 147 ms Memory Size: 128 MB Max Memory Used: 56 MB \
             Init Duration: 130.49 ms"
        );
    }

    #[test]
    fn text_reports_are_tab_separated_and_end_with_a_tab() {
        let text = report_text(&sample(), "\t", false);
        assert_eq!(text.split('\t').count(), 7);
        assert!(text.ends_with("Init Duration: 130.49 ms\t"));
        let failed = Facts {
            status: "error",
            error_type: Some("Unhandled"),
            ..sample()
        };
        assert!(!report_text(&failed, "\t", false).contains("Status"));
        assert!(report_text(&failed, " ", true).ends_with("Status: error Error Type: Unhandled"));
        let late = Facts {
            status: "timeout",
            init_ms: None,
            ..sample()
        };
        assert!(report_text(&late, "\t", false).ends_with("\tStatus: timeout\t"));
    }
}
