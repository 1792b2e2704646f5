//! One invocation as it happened, before any platform has told of it in its own words.

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::function::{Function, Level};
use crate::random::Random;
use crate::time::Ns;
use crate::versions::Version;

/// A W3C trace context: which span of which trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Trace id.
    pub trace: [u8; 16],
    /// Span id.
    pub span: [u8; 8],
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Ok,
    /// It threw.
    Error(Failure),
    /// The platform stopped it at its timeout.
    Timeout,
    /// The platform killed it for its memory.
    OutOfMemory,
}

impl Outcome {
    /// As written in the ground truth.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error(_) => "error",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "oom",
        }
    }

    /// The HTTP status a caller sees.
    pub fn http_status(&self) -> i64 {
        match self {
            Self::Ok => 200,
            Self::Error(_) => 500,
            Self::OutOfMemory => 502,
            Self::Timeout => 504,
        }
    }

    /// The exception, when there was one.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Error(failure) => Some(failure),
            _ => None,
        }
    }

    /// Whether the code of the function lived to tell of it.
    pub fn survived(&self) -> bool {
        matches!(self, Self::Ok | Self::Error(_))
    }
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `exception.type`.
    pub kind: String,
    /// `exception.message`.
    pub message: String,
    /// `exception.stacktrace`.
    pub stack: String,
    /// When it was thrown.
    pub at: Ns,
}

impl Failure {
    /// One of which nothing is said.
    pub fn untold(at: Ns) -> Self {
        Self {
            kind: String::new(),
            message: String::new(),
            stack: String::new(),
            at,
        }
    }
}

/// Which instrumentation library made a span; each runtime names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// The function's own code.
    App,
    /// The cloud's SDK.
    CloudSdk,
    /// An HTTP client.
    Http,
    /// A SQL driver.
    Sql,
    /// A Redis client.
    Redis,
}

/// A span below the function's own: one deed of it.
#[derive(Clone, Debug)]
pub struct StepSpan {
    /// Span id.
    pub id: [u8; 8],
    /// Name.
    pub name: String,
    /// CLIENT, PRODUCER or INTERNAL.
    pub kind: SpanKind,
    /// Start.
    pub start: Ns,
    /// End, at or after the start.
    pub end: Ns,
    /// Attributes.
    pub attributes: Vec<KeyValue>,
    /// Error type and message, when the deed failed.
    pub failure: Option<(String, String)>,
    /// Who made the span.
    pub library: Library,
}

/// A line the application logged.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Ns,
    /// Severity.
    pub level: Level,
    /// Text.
    pub text: String,
    /// Which span was current, when not the function's own.
    pub span: Option<[u8; 8]>,
}

/// The request behind an HTTP invocation.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path with its parameters filled in.
    pub path: String,
    /// Route with its parameters as names.
    pub route: String,
    /// User agent of the caller.
    pub user_agent: &'static str,
    /// Address of the caller.
    pub client_address: String,
}

/// The instance that served an invocation.
#[derive(Clone, Debug)]
pub struct Instance {
    /// 32 hexadecimal digits, unique in the run; platforms shape their ids from it.
    pub id: String,
    /// When the platform began to start it.
    pub born: Ns,
    /// The version it runs.
    pub version: Arc<Version>,
}

/// One invocation of one function.
pub struct Invocation<'a> {
    /// The function.
    pub function: &'a Function,
    /// Where it ran.
    pub instance: &'a Instance,
    /// The platform's id of the invocation, a UUID on AWS and Azure.
    pub id: String,
    /// Trace, and the function's own span in it.
    pub context: Context,
    /// The span that called it, in the same trace.
    pub parent: Option<[u8; 8]>,
    /// The message that caused it, in another trace.
    pub link: Option<Context>,
    /// When the request reached the platform.
    pub arrived: Ns,
    /// When the code was called: after a cold start, or after the wait for one.
    pub started: Ns,
    /// When it ended.
    pub ended: Ns,
    /// Length of its own cold start; `None` when the instance was warm or starting already.
    pub init: Option<Ns>,
    /// Whether it waited for a cold start that another request had caused.
    pub waited: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Its deeds.
    pub spans: Vec<StepSpan>,
    /// Its log lines.
    pub lines: Vec<Line>,
    /// Highest memory use of the instance so far, in MiB.
    pub memory_used_mb: u32,
    /// The HTTP request, for functions triggered by one.
    pub request: Option<Request>,
    /// CPU time in ms, what Cloudflare bills.
    pub cpu_ms: f64,
}

impl Invocation<'_> {
    /// How long the code ran, cold start not included.
    pub fn duration(&self) -> Ns {
        self.ended - self.started
    }

    /// A stream of chance for the telling of this invocation.
    pub fn random(&self, purpose: &str) -> Random {
        let number = u64::from_le_bytes(self.context.span);
        Random::named(0, self.function.hash(), purpose, number)
    }
}
