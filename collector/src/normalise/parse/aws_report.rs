//! The lines Lambda writes into a function's log: START, REPORT, INIT_REPORT, RESTORE_REPORT and
//! the notice of a timeout; separated by tabs in CloudWatch and by spaces in documents and
//! receivers.

use super::aws_event::Metrics;
use super::scan::{Scan, is_uuid};

/// A genuine line is shorter than 600 bytes; the rest of a longer one is not looked at.
const LINE_BYTES: usize = 2_048;

/// A line of the platform.
#[derive(Debug, PartialEq)]
pub(in super::super) enum Line<'a> {
    /// `INIT_START Runtime Version: python:3.12.v38 …` or `RESTORE_START …`.
    RuntimeStart(&'a str),
    /// `RequestId: … Error: Runtime exited with error: signal: killed`: the invocation.
    Killed(&'a str),
    /// `START RequestId: … Version: …`.
    Start(&'a str),
    /// `REPORT RequestId: … Duration: …`.
    Report(Report<'a>),
    /// `INIT_REPORT Init Duration: … Phase: … Status: …`.
    InitReport {
        /// How long the init took, ms.
        duration_ms: Option<f64>,
        /// `on-demand`, `provisioned-concurrency`, …; empty when not told.
        initialization: &'a str,
        /// `init`, `invoke`; empty when not told.
        phase: &'a str,
    },
    /// `RESTORE_REPORT Restore Duration: …`.
    RestoreReport {
        /// How long the restore took, ms.
        duration_ms: Option<f64>,
    },
    /// `… Task timed out after 30.03 seconds`.
    TimedOut {
        /// The invocation, when the line names it.
        request_id: Option<&'a str>,
        /// How long the task ran, ms.
        after_ms: f64,
    },
}

/// A REPORT line.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Report<'a> {
    pub(in super::super) request_id: &'a str,
    pub(in super::super) metrics: Metrics,
    pub(in super::super) status: Option<&'a str>,
    pub(in super::super) error_type: Option<&'a str>,
    pub(in super::super) xray_trace_id: Option<&'a str>,
}

/// Reads a line of the platform; `None` for anything else.
pub(in super::super) fn line(body: &str) -> Option<Line<'_>> {
    let mut scan = Scan::new(body, LINE_BYTES);
    scan.skip_space();
    if scan.eat("REPORT RequestId:") {
        return report(scan).map(Line::Report);
    }
    if scan.eat("START RequestId:") {
        let id = scan.word();
        return is_uuid(id).then_some(Line::Start(id));
    }
    if scan.eat("INIT_START Runtime Version: ") || scan.eat("RESTORE_START Runtime Version: ") {
        return runtime_start(scan);
    }
    if scan.eat("INIT_REPORT ") {
        return init_report(scan);
    }
    if scan.eat("RESTORE_REPORT ") {
        return restore_report(scan);
    }
    if let Some(killed) = killed(scan.fork()) {
        return Some(Line::Killed(killed));
    }
    timed_out(scan)
}

/// A runtime's name and version; nobody's is longer than 60 bytes.
fn runtime_start(mut scan: Scan<'_>) -> Option<Line<'_>> {
    let runtime = scan.word();
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b".:-_".contains(&b);
    let sound = (1..=60).contains(&runtime.len()) && runtime.bytes().all(is_part);
    sound.then_some(Line::RuntimeStart(runtime))
}

fn killed(mut scan: Scan<'_>) -> Option<&str> {
    if !scan.eat("RequestId: ") {
        return None;
    }
    let id = scan.word();
    scan.skip_space();
    let is_killed = scan.eat("Error: Runtime exited with error: signal: killed");
    (is_killed && is_uuid(id)).then_some(id)
}

/// The labels of all lines.
const LABELS: [&str; 13] = [
    "Billed Restore Duration",
    "Billed Duration",
    "Restore Duration",
    "Init Duration",
    "Duration",
    "Memory Size",
    "Max Memory Used",
    "Initialization Type",
    "Phase",
    "Status",
    "Error Type",
    "XRAY TraceId",
    "Sampled",
];

/// The next labelled value; words that belong to no label (units, labels yet unknown) are passed
/// over.
fn field<'a>(scan: &mut Scan<'a>) -> Option<(&'static str, &'a str)> {
    loop {
        scan.skip_space();
        if scan.is_done() {
            return None;
        }
        if let Some(label) = eat_label(scan) {
            // A receiver prints a missing value as nothing at all: then a label follows at once.
            let mut ahead = scan.fork();
            ahead.skip_space();
            let is_missing = eat_label(&mut ahead).is_some();
            return Some((label, if is_missing { "" } else { scan.word() }));
        }
        scan.word();
    }
}

fn eat_label(scan: &mut Scan<'_>) -> Option<&'static str> {
    LABELS.into_iter().find(|label| {
        let mut ahead = scan.fork();
        let is_next = ahead.eat(label) && ahead.eat(":");
        if is_next {
            *scan = ahead;
        }
        is_next
    })
}

fn report(mut scan: Scan<'_>) -> Option<Report<'_>> {
    let request_id = scan.word();
    if !is_uuid(request_id) {
        return None;
    }
    let mut report = Report {
        request_id,
        ..Report::default()
    };
    while let Some((label, value)) = field(&mut scan) {
        let number = || super::scan::decimal(value);
        let metrics = &mut report.metrics;
        match label {
            "Duration" => metrics.duration_ms = number(),
            "Billed Duration" => metrics.billed_duration_ms = number(),
            "Memory Size" => metrics.memory_size_mb = number(),
            "Max Memory Used" => metrics.max_memory_used_mb = number(),
            "Init Duration" => metrics.init_duration_ms = number(),
            "Restore Duration" => metrics.restore_duration_ms = number(),
            "Status" => report.status = Some(value),
            "Error Type" => report.error_type = Some(value),
            "XRAY TraceId" => report.xray_trace_id = Some(value),
            _ => {}
        }
    }
    report.metrics = report.metrics.without_nonsense();
    // A report without a duration is somebody else's line.
    report.metrics.duration_ms.is_some().then_some(report)
}

fn init_report(mut scan: Scan<'_>) -> Option<Line<'_>> {
    let (mut duration_ms, mut initialization, mut phase) = (None, "", "");
    while let Some((label, value)) = field(&mut scan) {
        match label {
            "Init Duration" | "Duration" => duration_ms = super::scan::decimal(value),
            "Initialization Type" => initialization = value,
            "Phase" => phase = value,
            _ => {}
        }
    }
    duration_ms?;
    Some(Line::InitReport {
        duration_ms,
        initialization,
        phase,
    })
}

fn restore_report(mut scan: Scan<'_>) -> Option<Line<'_>> {
    let mut duration_ms = None;
    while let Some((label, value)) = field(&mut scan) {
        if matches!(label, "Restore Duration" | "Duration") {
            duration_ms = super::scan::decimal(value);
        }
    }
    duration_ms?;
    Some(Line::RestoreReport { duration_ms })
}

/// `2022-03-02T01:07:36.673Z <id> Task timed out after 30.03 seconds`, or in newer runtimes
/// `RequestId: <id> Error: Task timed out after 3.00 seconds`; nothing else may stand before it.
fn timed_out(mut scan: Scan<'_>) -> Option<Line<'_>> {
    let mut request_id = None;
    for _ in 0..4 {
        scan.skip_space();
        if scan.eat("Task timed out after ") {
            let after_ms = scan.number()? * 1_000.0;
            return scan.eat(" seconds").then_some(Line::TimedOut {
                request_id,
                after_ms,
            });
        }
        let word = scan.word();
        if is_uuid(word) {
            request_id = Some(word);
        } else if !(is_time(word) || word == "RequestId:" || word == "Error:") {
            return None;
        }
    }
    None
}

fn is_time(word: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_digit() || b"-:.TZ".contains(&b);
    (20..=30).contains(&word.len()) && word.ends_with('Z') && word.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use store::model::xray::XrayTrace;

    use super::*;

    const ID: &str = "32f5cbf1-dd22-422a-a566-8965da5a3465";

    fn read(body: &str) -> Report<'_> {
        match line(body) {
            Some(Line::Report(report)) => report,
            other => panic!("{body:?} was read as {other:?}"),
        }
    }

    #[test]
    fn a_report_of_cloudwatch_is_separated_by_tabs() {
        let body = format!(
            "REPORT RequestId: {ID}\tDuration: 8.40 ms\tBilled Duration: 9 ms\t\
             Memory Size: 128 MB\tMax Memory Used: 66 MB\tInit Duration: 170.13 ms\t\n"
        );
        let report = read(&body);
        assert_eq!(report.request_id, ID);
        let expected = Metrics {
            duration_ms: Some(8.4),
            billed_duration_ms: Some(9.0),
            memory_size_mb: Some(128.0),
            max_memory_used_mb: Some(66.0),
            init_duration_ms: Some(170.13),
            restore_duration_ms: None,
        };
        assert_eq!(report.metrics, expected);
    }

    #[test]
    fn a_report_with_spaces_reads_the_same_and_its_tail_is_optional() {
        let body = "REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95 Duration: 15.74 ms \
                    Billed Duration: 147 ms Memory Size: 128 MB Max Memory Used: 56 MB \
                    Init Duration: 130.49 ms\nXRAY TraceId: 1-5e34a614-10bdxmplf1fb44f07bc535a1 \
                    SegmentId: 07f5xmpl2d1f6f85 Sampled: true";
        let report = read(body);
        assert_eq!(report.metrics.billed_duration_ms, Some(147.0));
        assert_eq!(report.metrics.init_duration_ms, Some(130.49));
        // The sample's id is masked, so it is no trace.
        assert_eq!(report.xray_trace_id.and_then(XrayTrace::parse), None);

        let body = format!(
            "REPORT RequestId: {ID} Duration: 13.82 ms Billed Duration: 129 ms Memory Size: 512 MB \
             Max Memory Used: 71 MB Restore Duration: 204.27 ms Billed Restore Duration: 115 ms \
             Response Size: 3 kB Status: error Error Type: Runtime.ExitError"
        );
        let report = read(&body);
        assert_eq!(report.metrics.restore_duration_ms, Some(204.27));
        assert_eq!(report.metrics.duration_ms, Some(13.82));
        assert_eq!(
            (report.status, report.error_type),
            (Some("error"), Some("Runtime.ExitError"))
        );
    }

    #[test]
    fn init_and_restore_reports_are_read_in_all_layouts() {
        let cases = [
            (
                "INIT_REPORT Init Duration: 10009.85 ms\tPhase: init\tStatus: timeout",
                Line::InitReport {
                    duration_ms: Some(10009.85),
                    initialization: "",
                    phase: "init",
                },
            ),
            (
                "INIT_REPORT Initialization Type: on-demand Phase: init Status:  \
                 Duration: 500.00 ms",
                Line::InitReport {
                    duration_ms: Some(500.0),
                    initialization: "on-demand",
                    phase: "init",
                },
            ),
            (
                "RESTORE_REPORT Restore Duration: 1236.04 ms Status: error Error Type: Runtime.X",
                Line::RestoreReport {
                    duration_ms: Some(1236.04),
                },
            ),
            (
                "RESTORE_REPORT Status: success Duration: 511.25 ms",
                Line::RestoreReport {
                    duration_ms: Some(511.25),
                },
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(line(body), Some(expected), "{body}");
        }
    }

    #[test]
    fn a_timeout_names_its_invocation_in_both_layouts() {
        for body in [
            format!("2022-03-02T01:07:36.673Z {ID} Task timed out after 30.03 seconds\n\n"),
            format!("RequestId: {ID} Error: Task timed out after 30.03 seconds"),
        ] {
            assert_eq!(
                line(&body),
                Some(Line::TimedOut {
                    request_id: Some(ID),
                    after_ms: 30_030.0
                }),
                "{body}"
            );
        }
        assert_eq!(line("our Task timed out after 3 seconds"), None);
    }

    #[test]
    fn a_start_names_the_platforms_runtime_and_a_killed_one_its_invocation() {
        let body =
            "INIT_START Runtime Version: provided:al2023.v66\tRuntime Version ARN: arn:aws:x";
        assert_eq!(line(body), Some(Line::RuntimeStart("provided:al2023.v66")));
        let body = "RESTORE_START Runtime Version: java:11.v21\tRuntime Version ARN: arn:aws:x";
        assert_eq!(line(body), Some(Line::RuntimeStart("java:11.v21")));
        assert_eq!(line("INIT_START Runtime Version: <script>"), None);
        let body = format!(
            "RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"
        );
        assert_eq!(line(&body), Some(Line::Killed(ID)));
    }

    #[test]
    fn lines_that_only_look_alike_are_refused() {
        for body in [
            "",
            "REPORT",
            "REPORT RequestId:",
            "REPORT RequestId: req-1 Duration: 5 ms",
            "REPORT RequestId: 32f5cbf1-dd22-422a-a566-8965da5a3465",
            "REPORT RequestId: 32f5cbf1-dd22-422a-a566-8965da5a3465 Duration: -1 ms",
            "REPORT RequestId: 32f5cbf1-dd22-422a-a566-8965da5a3465 Duration: 1e400 ms",
            "INIT_REPORT Init Duration: fast",
            "INFO REPORT RequestId: 32f5cbf1-dd22-422a-a566-8965da5a3465 Duration: 5 ms",
        ] {
            assert_eq!(line(body), None, "{body}");
        }
    }
}
