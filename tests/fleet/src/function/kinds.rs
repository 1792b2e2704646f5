//! The kinds of things a function can be, do and say.

use serde::Deserialize;

/// The platform a function runs on; decides identity, quirks and telemetry (see `platforms`).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// AWS Lambda.
    AwsLambda,
    /// Azure Functions, host and worker both exporting.
    AzureFunctions,
    /// Google Cloud Run.
    GcpCloudRun,
    /// Google Cloud Functions, 2nd generation.
    GcpCloudFunctions,
    /// Cloudflare Workers with their native OTLP export.
    CloudflareWorkers,
    /// Vercel functions with `@vercel/otel`.
    Vercel,
    /// Knative Serving with its queue-proxy metrics.
    Knative,
}

impl Platform {
    /// Every platform, in the order of the summary.
    pub const ALL: [Self; 7] = [
        Self::AwsLambda,
        Self::AzureFunctions,
        Self::GcpCloudRun,
        Self::GcpCloudFunctions,
        Self::CloudflareWorkers,
        Self::Vercel,
        Self::Knative,
    ];

    /// The name used in the catalogue, the ground truth and the summary.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwsLambda => "aws_lambda",
            Self::AzureFunctions => "azure_functions",
            Self::GcpCloudRun => "gcp_cloud_run",
            Self::GcpCloudFunctions => "gcp_cloud_functions",
            Self::CloudflareWorkers => "cloudflare_workers",
            Self::Vercel => "vercel",
            Self::Knative => "knative",
        }
    }

    /// The cloud behind the platform, first part of a function's key.
    pub fn provider(self) -> &'static str {
        match self {
            Self::AwsLambda => "aws",
            Self::AzureFunctions => "azure",
            Self::GcpCloudRun | Self::GcpCloudFunctions => "gcp",
            Self::CloudflareWorkers => "cloudflare",
            Self::Vercel => "vercel",
            Self::Knative => "knative",
        }
    }

    /// Position in [`Platform::ALL`].
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|p| *p == self).unwrap_or(0)
    }
}

/// The language a function is written in; on AWS also which instrumentation speaks for it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Runtime {
    Node,
    Python,
    Go,
    Java,
    Dotnet,
}

impl Runtime {
    /// Every one of them, as the catalogue writes it.
    pub const NAMES: [&'static str; 5] = ["node", "python", "go", "java", "dotnet"];

    /// The one of this name in the catalogue.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "node" => Self::Node,
            "python" => Self::Python,
            "go" => Self::Go,
            "java" => Self::Java,
            "dotnet" => Self::Dotnet,
            _ => return None,
        })
    }

    /// `telemetry.sdk.language`.
    pub fn sdk_language(self) -> &'static str {
        match self {
            Self::Node => "nodejs",
            Self::Python => "python",
            Self::Go => "go",
            Self::Java => "java",
            Self::Dotnet => "dotnet",
        }
    }

    /// Median cold start in ms with 1 GB of memory, from the usual order of the runtimes.
    pub(super) fn init_ms(self) -> f64 {
        match self {
            Self::Go => 75.0,
            Self::Python => 190.0,
            Self::Node => 210.0,
            Self::Dotnet => 420.0,
            Self::Java => 1_450.0,
        }
    }
}

/// Processor architecture; prices differ.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Arch {
    #[default]
    X86_64,
    Arm64,
}

impl Arch {
    /// Both, as the catalogue writes them.
    pub const NAMES: [&'static str; 2] = ["x86_64", "arm64"];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::X86_64, Self::Arm64]
            .into_iter()
            .find(|a| a.name() == name)
    }

    /// As written in the ground truth.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// What starts an invocation (`faas.trigger`).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Trigger {
    Http,
    Pubsub,
    Timer,
    Datasource,
}

impl Trigger {
    /// The value of `faas.trigger`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Pubsub => "pubsub",
            Self::Timer => "timer",
            Self::Datasource => "datasource",
        }
    }
}

/// How the platform's own report of an invocation reaches OTLP (AWS only).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// Tab-separated text through CloudWatch Logs.
    Text,
    /// Flattened, space-separated text by the Telemetry API receiver with `log_report: true`.
    Flat,
    /// The record of `platform.report` as JSON, by an older Telemetry API receiver.
    JsonRecord,
    /// The whole Telemetry API event as JSON, through CloudWatch Logs in JSON format.
    JsonEvent,
    /// Not at all: the receiver's default.
    #[default]
    None,
}

/// Which OTLP encoding the function's exporter speaks when `--protocol mixed`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Encoding {
    #[default]
    Grpc,
    HttpProtobuf,
    HttpJson,
}

/// What kind of thing a step of a function does; see `sim::steps` for the spans it makes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Deed {
    Dynamodb,
    S3,
    Firestore,
    Gcs,
    Cosmosdb,
    Blob,
    Kv,
    Redis,
    Sql,
    Http,
    /// An HTTP call to another function of the fleet.
    Call,
    /// A message to another function of the fleet, which links back to this span.
    Queue,
    /// Work of its own, an INTERNAL span.
    Work,
}

/// Severity of an application's log line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// OTLP severity number.
    pub fn number(self) -> i32 {
        match self {
            Self::Debug => 5,
            Self::Info => 9,
            Self::Warn => 13,
            Self::Error => 17,
        }
    }

    /// Severity text as loggers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}
