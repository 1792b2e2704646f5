//! The deeds of a function as spans: names and attributes of the libraries that make them.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::function::{Deed, Function, Platform, Runtime, Step};
use crate::invocation::Library;
use crate::otlp::kv;
use crate::random::Random;
use crate::text;

/// How a deed looks: name, kind, attributes, library, and how it fails.
pub struct Look {
    /// Span name.
    pub name: String,
    /// Span kind.
    pub kind: SpanKind,
    /// Attributes.
    pub attributes: Vec<KeyValue>,
    /// Library.
    pub library: Library,
    /// Error type and message when it fails.
    pub failure: (&'static str, String),
}

/// Python's instrumentations on AWS still write the attribute names of 2021.
fn old_names(f: &Function) -> bool {
    f.runtime == Runtime::Python && f.platform == Platform::AwsLambda
}

/// The look of a deed that needs no other function.
pub fn look(f: &Function, step: &Step, r: &mut Random) -> Look {
    match step.deed {
        Deed::Dynamodb => dynamodb(f, step),
        Deed::S3 => s3(f, step, r),
        Deed::Firestore => rpc(step, "google.firestore.v1.Firestore", "firestore"),
        Deed::Cosmosdb => cosmosdb(step),
        Deed::Gcs => object_store(step, "storage.googleapis.com", r),
        Deed::Blob => object_store(step, "blob.core.windows.net", r),
        Deed::Kv => kv_namespace(step, r),
        Deed::Redis => redis(f, step, r),
        Deed::Sql => sql(f, step),
        Deed::Http => {
            let (method, path) = step.what.split_once(' ').unwrap_or(("GET", "/"));
            http(f, method, &step.on, &text::fill(path, r), 503)
        }
        Deed::Call | Deed::Queue | Deed::Work => Look {
            name: step.what.clone(),
            kind: SpanKind::Internal,
            attributes: vec![kv("code.function.name", identifier(&step.what))],
            library: Library::App,
            failure: ("Error", format!("{} failed", step.what)),
        },
    }
}

/// Words as the name of a function: `decode and scale` to `decode_and_scale`.
fn identifier(text: &str) -> String {
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join("_")
}

fn aws(service: &str, operation: &str, region: &str) -> Vec<KeyValue> {
    vec![
        kv("rpc.system", "aws-api"),
        kv("rpc.service", service),
        kv("rpc.method", operation),
        kv("cloud.region", region),
    ]
}

fn dynamodb(f: &Function, step: &Step) -> Look {
    let mut attributes = aws("DynamoDB", &step.what, &f.region);
    let system = if old_names(f) {
        "db.system"
    } else {
        "db.system.name"
    };
    attributes.push(kv(
        system,
        if old_names(f) {
            "dynamodb"
        } else {
            "aws.dynamodb"
        },
    ));
    attributes.push(kv("aws.dynamodb.table_names", [step.on.clone()]));
    attributes.push(kv(
        "server.address",
        format!("dynamodb.{}.amazonaws.com", f.region),
    ));
    attributes.push(kv("http.response.status_code", 200));
    Look {
        name: format!("DynamoDB.{}", step.what),
        kind: SpanKind::Client,
        attributes,
        library: Library::CloudSdk,
        failure: (
            "ProvisionedThroughputExceededException",
            "Rate exceeded for the table".into(),
        ),
    }
}

fn s3(f: &Function, step: &Step, r: &mut Random) -> Look {
    let mut attributes = aws("S3", &step.what, &f.region);
    attributes.push(kv("aws.s3.bucket", &step.on));
    attributes.push(kv("aws.s3.key", text::fill("in/{key}", r)));
    Look {
        name: format!("S3.{}", step.what),
        kind: SpanKind::Client,
        attributes,
        library: Library::CloudSdk,
        failure: ("SlowDown", "Please reduce your request rate.".into()),
    }
}

fn rpc(step: &Step, service: &str, system: &str) -> Look {
    Look {
        name: format!("{service}/{}", step.what),
        kind: SpanKind::Client,
        attributes: vec![
            kv("rpc.system", "grpc"),
            kv("rpc.service", service),
            kv("rpc.method", &step.what),
            kv("rpc.grpc.status_code", 0),
            kv("db.collection.name", &step.on),
            kv("server.address", format!("{system}.googleapis.com")),
        ],
        library: Library::CloudSdk,
        failure: ("UNAVAILABLE", "14 UNAVAILABLE: 502:Bad Gateway".into()),
    }
}

fn cosmosdb(step: &Step) -> Look {
    Look {
        name: format!("{} {}", step.what, step.on),
        kind: SpanKind::Client,
        attributes: vec![
            kv("db.system.name", "azure.cosmosdb"),
            kv("db.operation.name", &step.what),
            kv("db.collection.name", &step.on),
            kv("db.namespace", "shop"),
            kv("azure.cosmosdb.operation.request_charge", 2.83),
            kv("server.address", "shop.documents.azure.com"),
            kv("az.namespace", "Microsoft.DocumentDB"),
        ],
        library: Library::CloudSdk,
        failure: ("429", "Request rate is large".into()),
    }
}

fn object_store(step: &Step, domain: &str, r: &mut Random) -> Look {
    let path = format!("/{}/{}", step.on, r.hex(12));
    Look {
        name: format!(
            "{} {}",
            step.what.split(' ').next().unwrap_or("GET"),
            step.on
        ),
        kind: SpanKind::Client,
        attributes: vec![
            kv(
                "http.request.method",
                if step.what == "insert" { "POST" } else { "GET" },
            ),
            kv("server.address", domain),
            kv("url.full", format!("https://{domain}{path}")),
            kv("http.response.status_code", 200),
        ],
        library: Library::CloudSdk,
        failure: ("503", "Service Unavailable".into()),
    }
}

fn kv_namespace(step: &Step, r: &mut Random) -> Look {
    Look {
        name: format!("kv_{}", step.what),
        kind: SpanKind::Client,
        attributes: vec![
            kv("cloudflare.binding.type", "KV"),
            kv("cloudflare.binding.name", &step.on),
            kv("cloudflare.kv.query.keys", r.hex(8)),
        ],
        library: Library::CloudSdk,
        failure: ("Error", "KV GET failed: 503 Service Unavailable".into()),
    }
}

fn redis(f: &Function, step: &Step, r: &mut Random) -> Look {
    let command = step.what.split(' ').next().unwrap_or("GET");
    let text_of = text::fill(&step.what, r);
    let attributes = if old_names(f) {
        vec![
            kv("db.system", "redis"),
            kv("db.statement", text_of),
            kv("net.peer.name", &step.on),
            kv("net.peer.port", 6379),
        ]
    } else {
        vec![
            kv("db.system.name", "redis"),
            kv("db.operation.name", command),
            kv("db.query.text", text_of),
            kv("server.address", &step.on),
            kv("server.port", 6379),
        ]
    };
    Look {
        name: command.to_owned(),
        kind: SpanKind::Client,
        attributes,
        library: Library::Redis,
        failure: ("ConnectionError", "Connection refused".into()),
    }
}

fn sql(f: &Function, step: &Step) -> Look {
    let verb = step.what.split(' ').next().unwrap_or("SELECT");
    let system = if f.platform == Platform::AzureFunctions {
        "microsoft.sql_server"
    } else {
        "postgresql"
    };
    let mut attributes = if old_names(f) {
        vec![
            kv("db.system", system),
            kv("db.statement", &step.what),
            kv("db.name", &step.on),
        ]
    } else {
        vec![
            kv("db.system.name", system),
            kv("db.query.text", &step.what),
            kv("db.namespace", &step.on),
            kv("db.operation.name", verb),
        ]
    };
    attributes.push(kv("server.address", format!("{}.db.shop.example", step.on)));
    Look {
        name: format!("{verb} {}", step.on),
        kind: SpanKind::Client,
        attributes,
        library: Library::Sql,
        failure: ("08006", "connection failure".into()),
    }
}

/// The look of an HTTP call; `failed_status` is what a failure answers.
pub fn http(f: &Function, method: &str, host: &str, path: &str, failed_status: i64) -> Look {
    let url = format!("https://{host}{path}");
    let attributes = if old_names(f) {
        vec![
            kv("http.method", method),
            kv("http.url", &url),
            kv("net.peer.name", host),
        ]
    } else {
        vec![
            kv("http.request.method", method),
            kv("url.full", &url),
            kv("server.address", host),
            kv("server.port", 443),
        ]
    };
    Look {
        name: method.to_owned(),
        kind: SpanKind::Client,
        attributes,
        library: Library::Http,
        failure: (
            status_type(failed_status),
            format!("{method} {url} answered {failed_status}"),
        ),
    }
}

/// `error.type` of an HTTP status.
fn status_type(status: i64) -> &'static str {
    match status {
        429 => "429",
        500 => "500",
        502 => "502",
        504 => "504",
        _ => "503",
    }
}

/// The attribute of an HTTP response status.
pub fn http_status(f: &Function, status: i64) -> KeyValue {
    let key = if old_names(f) {
        "http.status_code"
    } else {
        "http.response.status_code"
    };
    kv(key, status)
}

/// The look of a message sent to `target`.
pub fn message(f: &Function, target: &Function, step: &Step, r: &mut Random) -> Look {
    let (system, host) = match target.platform {
        Platform::AwsLambda => ("aws_sqs", format!("sqs.{}.amazonaws.com", target.region)),
        Platform::AzureFunctions => ("servicebus", "shop.servicebus.windows.net".to_owned()),
        _ => ("gcp_pubsub", "pubsub.googleapis.com".to_owned()),
    };
    let mut attributes = vec![
        kv("messaging.system", system),
        kv("messaging.destination.name", &step.what),
        kv("messaging.operation.type", "send"),
        kv("messaging.operation.name", "send"),
        kv("messaging.message.id", r.uuid()),
        kv("server.address", host),
    ];
    if system == "aws_sqs" {
        attributes.extend(aws("SQS", "SendMessage", &f.region));
    }
    Look {
        name: format!("{} send", step.what),
        kind: SpanKind::Producer,
        attributes,
        library: Library::CloudSdk,
        failure: ("TimeoutError", "connect ETIMEDOUT".into()),
    }
}
