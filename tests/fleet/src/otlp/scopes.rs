//! Instrumentation scopes, as the real libraries name themselves.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;

use crate::function::{Platform, Runtime};
use crate::invocation::Library;

/// A scope with the schema its library declares.
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    /// Name of the library.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Schema URL, empty when it declares none.
    pub schema_url: &'static str,
}

impl Scope {
    const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            schema_url: "",
        }
    }

    /// As OTLP.
    pub fn to_otlp(&self) -> InstrumentationScope {
        InstrumentationScope {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            ..InstrumentationScope::default()
        }
    }
}

macro_rules! scopes {
    ($($name:ident = $text:literal $version:literal;)*) => {
        $(
            #[doc = concat!("`", $text, "`.")]
            pub static $name: Scope = Scope::new($text, $version);
        )*
    };
}

scopes! {
    JS_LAMBDA = "@opentelemetry/instrumentation-aws-lambda" "0.54.0";
    JS_AWS_SDK = "@opentelemetry/instrumentation-aws-sdk" "0.56.0";
    JS_HTTP = "@opentelemetry/instrumentation-http" "0.203.0";
    JS_PG = "@opentelemetry/instrumentation-pg" "0.55.0";
    JS_REDIS = "@opentelemetry/instrumentation-ioredis" "0.51.0";
    JS_GRPC = "@opentelemetry/instrumentation-grpc" "0.203.0";
    PY_GRPC = "opentelemetry.instrumentation.grpc" "0.57b0";
    GO_GRPC = "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
        "0.62.0";
    JAVA_GRPC = "io.opentelemetry.grpc-1.6" "2.18.1-alpha";
    NET_AZURE = "Azure.Core.Http" "";
    JS_LOG = "@opentelemetry/instrumentation-pino" "0.50.0";
    PY_BOTO = "opentelemetry.instrumentation.botocore" "0.57b0";
    PY_HTTP = "opentelemetry.instrumentation.requests" "0.57b0";
    PY_SQL = "opentelemetry.instrumentation.psycopg" "0.57b0";
    PY_REDIS = "opentelemetry.instrumentation.redis" "0.57b0";
    PY_WSGI = "opentelemetry.instrumentation.flask" "0.57b0";
    PY_LOG = "opentelemetry.sdk._logs._internal" "";
    GO_LAMBDA =
        "go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-lambda-go/otellambda"
        "0.62.0";
    GO_AWS = "go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws"
        "0.62.0";
    GO_HTTP = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp" "0.62.0";
    GO_SQL = "github.com/exaring/otelpgx" "0.9.3";
    GO_REDIS = "github.com/redis/go-redis/extra/redisotel" "9.11.0";
    GO_LOG = "go.opentelemetry.io/contrib/bridges/otelslog" "0.12.0";
    JAVA_LAMBDA = "io.opentelemetry.aws-lambda-core-1.0" "2.18.1-alpha";
    JAVA_AWS = "io.opentelemetry.aws-sdk-2.2" "2.18.1-alpha";
    JAVA_HTTP = "io.opentelemetry.java-http-client" "2.18.1-alpha";
    JAVA_SQL = "io.opentelemetry.jdbc" "2.18.1-alpha";
    JAVA_REDIS = "io.opentelemetry.lettuce-5.1" "2.18.1-alpha";
    JAVA_LOG = "io.opentelemetry.logback-appender-1.0" "2.18.1-alpha";
    NET_LAMBDA = "OpenTelemetry.Instrumentation.AWSLambda" "1.12.1";
    NET_AWS = "Amazon.AWS.AWSClientInstrumentation" "1.12.1";
    NET_HTTP = "System.Net.Http" "";
    NET_SQL = "Npgsql" "9.0.3";
    NET_REDIS = "OpenTelemetry.Instrumentation.StackExchangeRedis" "1.12.0";
    NET_LOG = "Microsoft.Extensions.Logging" "";
    APP = "shop" "1.0.0";
    FOREIGN = "left-pad-telemetry" "0.0.1";
    TELEMETRY_API = "github.com/open-telemetry/opentelemetry-lambda/collector/receiver/telemetryapi"
        "";
    CLOUDWATCH = "otelcol/awscloudwatchreceiver" "0.131.0";
    ASPNET = "Microsoft.AspNetCore" "";
    AZURE_HOST = "Microsoft.Azure.Functions.Host" "";
    AZURE_HOST_LOG = "Host.Function.Console" "";
    CLOUDFLARE = "cloudflare-workers" "";
    NEXT = "next.js" "0.0.1";
    VERCEL_FETCH = "@vercel/otel/fetch" "1.13.0";
    QUEUE_PROXY = "knative.dev/serving/pkg/queue" "";
    QUEUE_PROXY_OLD = "knative.dev/serving/cmd/queue" "";
}

/// Python's Lambda instrumentation still declares the schema of 2022.
pub static PY_LAMBDA: Scope = Scope {
    name: "opentelemetry.instrumentation.aws_lambda",
    version: "0.57b0",
    schema_url: "https://opentelemetry.io/schemas/1.11.0",
};

/// The Azure Functions worker.
pub static AZURE_WORKER: Scope = Scope {
    name: "Microsoft.Azure.Functions.Worker",
    version: "2.1.0",
    schema_url: "https://opentelemetry.io/schemas/1.37.0",
};

/// The scope of a deed's span in a language on a platform.
pub fn of_step(platform: Platform, runtime: Runtime, library: Library) -> &'static Scope {
    use Library::{App, CloudSdk, Http, Redis, Sql};
    use Runtime::{Dotnet, Go, Java, Node, Python};
    match (runtime, library) {
        // Outside AWS the clouds' own clients are seen through gRPC or their HTTP client.
        (Node, CloudSdk) if platform != Platform::AwsLambda => &JS_GRPC,
        (Python, CloudSdk) if platform != Platform::AwsLambda => &PY_GRPC,
        (Go, CloudSdk) if platform != Platform::AwsLambda => &GO_GRPC,
        (Java, CloudSdk) if platform != Platform::AwsLambda => &JAVA_GRPC,
        (Dotnet, CloudSdk) if platform != Platform::AwsLambda => &NET_AZURE,
        (_, App) => &APP,
        (Node, CloudSdk) => &JS_AWS_SDK,
        (Node, Http) => &JS_HTTP,
        (Node, Sql) => &JS_PG,
        (Node, Redis) => &JS_REDIS,
        (Python, CloudSdk) => &PY_BOTO,
        (Python, Http) => &PY_HTTP,
        (Python, Sql) => &PY_SQL,
        (Python, Redis) => &PY_REDIS,
        (Go, CloudSdk) => &GO_AWS,
        (Go, Http) => &GO_HTTP,
        (Go, Sql) => &GO_SQL,
        (Go, Redis) => &GO_REDIS,
        (Java, CloudSdk) => &JAVA_AWS,
        (Java, Http) => &JAVA_HTTP,
        (Java, Sql) => &JAVA_SQL,
        (Java, Redis) => &JAVA_REDIS,
        (Dotnet, CloudSdk) => &NET_AWS,
        (Dotnet, Http) => &NET_HTTP,
        (Dotnet, Sql) => &NET_SQL,
        (Dotnet, Redis) => &NET_REDIS,
    }
}

/// The scope of an HTTP server span in a language.
pub fn of_server(runtime: Runtime) -> &'static Scope {
    match runtime {
        Runtime::Node => &JS_HTTP,
        Runtime::Python => &PY_WSGI,
        Runtime::Go => &GO_HTTP,
        Runtime::Java => &JAVA_HTTP,
        Runtime::Dotnet => &ASPNET,
    }
}

/// The scope of application logs in a language.
pub fn of_logs(runtime: Runtime) -> &'static Scope {
    match runtime {
        Runtime::Node => &JS_LOG,
        Runtime::Python => &PY_LOG,
        Runtime::Go => &GO_LOG,
        Runtime::Java => &JAVA_LOG,
        Runtime::Dotnet => &NET_LOG,
    }
}
