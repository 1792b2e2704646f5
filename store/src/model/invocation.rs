//! Facts about invocations. Each source tells what it knows; the table merges the facts of one
//! invocation whatever their order, because every column merges by a commutative function.

use super::{FunctionId, UnixNano};

/// Who told us of an invocation; a bit each, so that merged rows remember all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum ToldBy {
    /// A span of the function itself.
    Span = 1,
    /// A Lambda `REPORT` line.
    ReportLine = 2,
    /// A Lambda `platform.report` record.
    PlatformReport = 4,
    /// An `init` span of the platform or an extension.
    InitSpan = 8,
    /// A log line of the platform: Azure host, Google Cloud function execution.
    HostLog = 16,
    /// A request log of the platform (Cloud Run).
    RequestLog = 32,
    /// An event of Lambda Insights, the platform's own extension.
    Insights = 64,
}

impl ToldBy {
    /// Whether this is the platform's word that the invocation happened. An init span is not: it tells of
    /// an invocation that is known already.
    #[must_use]
    pub const fn is_platform(self) -> bool {
        !matches!(self, Self::Span | Self::InitSpan)
    }
}

/// How an invocation ended; the worst that any source reports wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Status {
    /// Nobody said.
    #[default]
    Unknown = 0,
    /// It ended well.
    Ok = 1,
    /// It failed.
    Error = 2,
    /// The platform ended it at its time limit.
    Timeout = 3,
    /// The platform ended it at its memory limit.
    OutOfMemory = 4,
}

/// How the sandbox was initialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitKind {
    /// For a request that had to wait for it.
    OnDemand,
    /// Ahead of time, by provisioned concurrency: never a cold start.
    Provisioned,
    /// From a snapshot (Lambda SnapStart).
    SnapstartRestore,
    /// Run again inside the invocation after a failed or timed-out init.
    Suppressed,
    /// On a Lambda managed instance.
    ManagedInstance,
}

impl InitKind {
    /// The text kept in `init_kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Provisioned => "provisioned",
            Self::SnapstartRestore => "snapstart-restore",
            Self::Suppressed => "suppressed",
            Self::ManagedInstance => "managed-instance",
        }
    }
}

/// What one source tells about one invocation. `None` and empty mean "not told".
#[derive(Clone, Debug, PartialEq)]
pub struct InvocationFact {
    /// The function invoked.
    pub function_id: FunctionId,
    /// The platform's invocation id, else `<trace id>-<span id>` of the invocation's span.
    pub invocation_id: String,
    /// Who tells this.
    pub told_by: ToldBy,
    /// When it started, as well as this source knows; decides the partition.
    pub start: UnixNano,
    /// `aws_lambda`, `azure.functions`, `gcp_cloud_run`, …
    pub platform: String,
    /// Deployed version or revision.
    pub version: String,
    /// Sandbox, container or log stream.
    pub instance: String,
    /// `http`, `pubsub`, `timer`, `datasource`, `other`.
    pub trigger: String,
    /// `python`, `nodejs`, …
    pub runtime: String,
    /// The runtime as the platform itself calls it: `python:3.12.v38`, `provided:al2023.v66`; bounded to
    /// 512 bytes.
    pub platform_runtime: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Configured memory, MiB, as the function itself tells it.
    pub memory_size_mb: Option<u32>,
    /// Configured memory, MiB, as the platform tells it.
    pub platform_memory_size_mb: Option<u32>,
    /// Most memory used by the sandbox so far, MiB.
    pub memory_used_mb: Option<u32>,
    /// Duration, ms: the span's, or the platform's own figure, as `told_by` says.
    pub duration_ms: Option<f64>,
    /// Billed duration, ms, as the platform reports it.
    pub billed_duration_ms: Option<f64>,
    /// Processor time, ms.
    pub cpu_ms: Option<f64>,
    /// Initialisation or restore, ms: the span's, or the platform's own figure, as `told_by` says.
    pub init_duration_ms: Option<f64>,
    /// How the sandbox was initialised.
    pub init_kind: Option<InitKind>,
    /// Whether this source says the start was cold.
    pub cold_start: Option<bool>,
    /// `cold_start` is only inferred: the first invocation seen of an instance.
    pub cold_start_inferred: bool,
    /// The platform refused it for too many at once: it never ran.
    pub throttled: bool,
    /// How it ended.
    pub status: Status,
    /// Exception type or the platform's error type; bounded to 200 characters.
    pub error_type: String,
    /// Lower hex, 32 characters, or empty: the span's, or the platform's own trace, as `told_by` says.
    pub trace_id: String,
    /// Lower hex, 16 characters, or empty.
    pub span_id: String,
}

impl InvocationFact {
    /// A fact that tells nothing yet but that the invocation happened.
    #[must_use]
    pub fn new(
        function_id: FunctionId,
        invocation_id: String,
        told_by: ToldBy,
        start: UnixNano,
    ) -> Self {
        Self {
            function_id,
            invocation_id,
            told_by,
            start,
            platform: String::new(),
            version: String::new(),
            instance: String::new(),
            trigger: String::new(),
            runtime: String::new(),
            platform_runtime: String::new(),
            architecture: String::new(),
            memory_size_mb: None,
            platform_memory_size_mb: None,
            memory_used_mb: None,
            duration_ms: None,
            billed_duration_ms: None,
            cpu_ms: None,
            init_duration_ms: None,
            init_kind: None,
            cold_start: None,
            cold_start_inferred: false,
            throttled: false,
            status: Status::Unknown,
            error_type: String::new(),
            trace_id: String::new(),
            span_id: String::new(),
        }
    }
}

/// A function was seen in some signal: the row that makes it appear in lists and ticks "Connect".
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSighting {
    /// The function.
    pub function_id: FunctionId,
    /// `aws_lambda`, `azure.functions`, …
    pub platform: String,
    /// `python`, `nodejs`, …; empty when not told.
    pub runtime: String,
    /// `x86_64`, `arm64`; empty when not told.
    pub architecture: String,
    /// `service.name` of the resource.
    pub service_name: String,
    /// Configured memory, MiB.
    pub memory_size_mb: Option<u32>,
    /// Oldest data seen in this batch.
    pub first_seen: UnixNano,
    /// Newest data seen in this batch.
    pub last_seen: UnixNano,
    /// Newest span, if there was one.
    pub last_span: Option<UnixNano>,
    /// Newest log record, if there was one.
    pub last_log: Option<UnixNano>,
    /// Newest metric point, if there was one.
    pub last_metric: Option<UnixNano>,
}
