//! The facts of an invocation from all its sources, shuffled, doubled, hours late and across a restart: the
//! store always gives one row, and always the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Product, post, rows, stored, wait_for};

/// Orders that are tried.
const ORDERS: u64 = 24;
const REQUEST: &str = "459921b5-681c-4a96-beb0-81e0aa586026";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const STREAM: &str = "2026/03/10/[7]2f399eb14537447da05ab2a2e39309de";
/// The bits of who tells of each kind, when all have.
const TOLD_BY: [(&str, u64); 5] = [
    ("lambda", 1 + 2 + 4 + 8 + 16 + 64),
    ("azure", 1 + 16),
    ("worker", 1),
    ("run", 1 + 32),
    ("old", 1 + 16),
];
const MS: i64 = 1_000_000;

/// What one source sends of one invocation.
#[derive(Clone)]
struct Telling {
    signal: &'static str,
    resource: Vec<Value>,
    items: Vec<Value>,
    /// Whether it is joined with others by what the collector remembers of the last minute, and not by an
    /// id: then no restart may lie between them.
    is_linked: bool,
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn attributes(pairs: &[(&str, &str)]) -> Vec<Value> {
    pairs
        .iter()
        .map(|(key, value)| attribute(key, value))
        .collect()
}

fn record(at: i64, body: impl Into<String>, pairs: &[(&str, &str)]) -> Value {
    json!({"timeUnixNano": at.to_string(), "body": {"stringValue": body.into()},
        "attributes": attributes(pairs)})
}

fn span(
    (id, parent): (&str, &str),
    kind: u8,
    (start, ms): (i64, i64),
    pairs: &[(&str, &str)],
) -> Value {
    json!({"traceId": TRACE, "spanId": id, "parentSpanId": parent, "kind": kind, "name": "handler",
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + ms * MS).to_string(),
        "attributes": attributes(pairs)})
}

fn telling(signal: &'static str, resource: &[(&str, &str)], items: Vec<Value>) -> Telling {
    Telling {
        signal,
        resource: attributes(resource),
        items,
        is_linked: false,
    }
}

/// What the function itself and the layer beside it send of one cold invocation that ran into its time
/// limit.
fn lambda(name: &str, at: i64) -> Vec<Telling> {
    let end = at + 3_000 * MS;
    let arn = format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}:live");
    let (id, cold) = (("faas.invocation_id", REQUEST), ("faas.coldstart", "true"));
    let own = [
        ("service.name", name),
        ("host.arch", "arm64"),
        ("telemetry.sdk.language", "python"),
    ];
    let layer = [
        ("faas.invoked_provider", "aws"),
        ("faas.invoked_region", "eu-central-1"),
        ("faas.name", name),
        ("faas.max_memory", "128"),
    ];
    let told = [id, cold, ("cloud.resource_id", &arn)];
    let invocation = span(("00000000000000a1", ""), 2, (at + 2 * MS, 2_900), &told);
    let mut init = span(
        ("00000000000000a9", ""),
        1,
        (at - 160 * MS, 150),
        &[id, cold],
    );
    init["name"] = json!(format!("init {name}"));
    let record_of = |kind: &str, metrics: Value| {
        let told = json!({"requestId": REQUEST, "status": "timeout", "metrics": metrics});
        json!({"type": kind, "record": told}).to_string()
    };
    let report = record_of(
        "platform.report",
        json!({"durationMs": 3000.0, "billedDurationMs": 3171, "memorySizeMB": 128,
            "maxMemoryUsedMB": 94, "initDurationMs": 170.13}),
    );
    let done = record_of("platform.runtimeDone", json!({"durationMs": 2999.5}));
    vec![
        telling("traces", &own, vec![invocation]),
        telling("traces", &layer, vec![init]),
        telling("logs", &layer, vec![record(end, report, &[])]),
        telling("logs", &layer, vec![record(end - MS, done, &[])]),
    ]
}

/// What CloudWatch hands on of the same invocation.
fn cloudwatch(name: &str, at: i64) -> Vec<Telling> {
    let end = at + 3_000 * MS;
    let region = ("aws.region", "eu-central-1");
    let group = format!("/aws/lambda/{name}");
    let own = [
        region,
        ("cloudwatch.log.group.name", group.as_str()),
        ("cloudwatch.log.stream", STREAM),
    ];
    let insights = [
        region,
        ("cloudwatch.log.group.name", "/aws/lambda-insights"),
    ];
    let report = format!(
        "REPORT RequestId: {REQUEST}\tDuration: 3000.00 ms\tBilled Duration: 3171 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 94 MB\tInit Duration: 170.13 ms\tStatus: timeout\n\
         XRAY TraceId: 1-6352a70e-1e2c502e358361800241fd45"
    );
    let lines = vec![
        record(
            at - 180 * MS,
            "INIT_START Runtime Version: provided:al2023.v66",
            &[],
        ),
        record(at, format!("START RequestId: {REQUEST} Version: 7"), &[]),
        record(end, report, &[]),
    ];
    let timeout = format!("2026-03-10T12:00:03.000Z {REQUEST} Task timed out after 3.00 seconds");
    let event = json!({"function_name": name, "request_id": REQUEST, "duration": 3000.0,
        "version": "7", "billed_duration": 3171, "total_memory": 128, "used_memory_max": 94,
        "cpu_total_time": 250, "cold_start": true, "init_duration": 170.13, "timeout": true});
    vec![
        telling("logs", &own, lines),
        telling("logs", &own, vec![record(end, timeout, &[])]),
        telling("logs", &insights, vec![record(end, event.to_string(), &[])]),
    ]
}

/// Host, worker and log line of an Azure function.
fn azure(name: &str, at: i64) -> Vec<Telling> {
    let id = [("faas.invocation_id", REQUEST), ("faas.name", name)];
    let app = [
        ("cloud.platform", "azure.functions"),
        ("cloud.region", "West Europe"),
        ("service.name", "shop"),
    ];
    let line = format!("Executed 'Functions.{name}' (Failed, Id={REQUEST}, Duration=230ms)");
    vec![
        telling(
            "traces",
            &app,
            vec![span(("00000000000000b1", ""), 2, (at, 231), &id)],
        ),
        telling(
            "traces",
            &app,
            vec![span(
                ("00000000000000b2", "00000000000000b1"),
                1,
                (at + MS, 229),
                &id,
            )],
        ),
        telling("logs", &app, vec![record(at + 230 * MS, line, &[])]),
    ]
}

/// The span and the request log of Cloud Run, and the span and the line of a function before it.
fn google(name: &str, at: i64) -> Vec<Telling> {
    let run = [
        ("cloud.platform", "gcp_cloud_run"),
        ("cloud.region", "europe-west1"),
        ("faas.name", name),
    ];
    let logged = [
        ("gcp.location", "europe-west1"),
        ("gcp.resource_type", "cloud_run_revision"),
        ("gcp.service_name", name),
    ];
    let old = format!("{name}-old");
    let function = [
        ("cloud.platform", "gcp_cloud_functions"),
        ("cloud.region", "europe-west1"),
        ("faas.name", old.as_str()),
    ];
    let mut request = record(
        at + 250 * MS,
        "",
        &[("gcp.http_request", r#"{"latency":"0.250s","status":200}"#)],
    );
    request["traceId"] = json!(TRACE);
    request["spanId"] = json!("00000000000000c9");
    let mut line = record(
        at + 131 * MS,
        "Function execution took 131 ms, finished with status code: 200",
        &[("execution_id", "e-1")],
    );
    line["traceId"] = json!(TRACE);
    let mut list = vec![
        telling(
            "traces",
            &run,
            vec![span(
                ("00000000000000c1", "00000000000000c9"),
                2,
                (at, 240),
                &[],
            )],
        ),
        telling("logs", &logged, vec![request]),
        telling(
            "traces",
            &function,
            vec![span(
                ("00000000000000d1", "00000000000000d9"),
                2,
                (at, 130),
                &[],
            )],
        ),
        telling("logs", &function, vec![line]),
    ];
    list.iter_mut().for_each(|telling| telling.is_linked = true);
    list
}

fn worker(name: &str, at: i64) -> Vec<Telling> {
    let worker = [
        ("cloud.platform", "cloudflare.workers"),
        ("faas.name", name),
    ];
    let told = [
        ("faas.invocation_id", "w-1"),
        ("faas.trigger", "http"),
        ("cloudflare.cpu_time_ms", "7"),
    ];
    vec![telling(
        "traces",
        &worker,
        vec![span(("00000000000000e1", ""), 2, (at, 50), &told)],
    )]
}

/// Sends it; `nonce` makes the bytes differ from those of the same telling before, which the spool would
/// know again.
async fn send(product: &Product, telling: &Telling, nonce: usize) {
    let (groups, scopes, items) = match telling.signal {
        "traces" => ("resourceSpans", "scopeSpans", "spans"),
        _ => ("resourceLogs", "scopeLogs", "logRecords"),
    };
    let scope =
        json!({"scope": {"name": "test", "version": nonce.to_string()}, items: telling.items});
    let body = json!({groups: [{"resource": {"attributes": telling.resource}, scopes: [scope]}]});
    let url = format!("{}/v1/{}", product.http, telling.signal);
    let answer = post(&url, "application/json", body.to_string()).await;
    assert_eq!((answer.status, answer.text()), (200, "{}".to_owned()));
}

/// All tellings of an order, each once or twice: those before the restart and those after it.
fn plan(order: u64, at: i64) -> (Vec<Telling>, Vec<Telling>) {
    let mut dice = Dice(order);
    let name = |kind: &str| format!("{kind}-{order:02}");
    let mut all = lambda(&name("lambda"), at);
    all.extend(cloudwatch(&name("lambda"), at));
    all.extend(azure(&name("azure"), at));
    all.extend(worker(&name("worker"), at));
    all.extend(google(&name("run"), at));
    let mut all: Vec<Telling> = all
        .into_iter()
        .flat_map(|telling| vec![telling; 1 + dice.below(2)])
        .collect();
    // The first order is the plain one that all others are held against.
    if order > 0 {
        dice.shuffle(&mut all);
    }
    let cut = dice.below(all.len());
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (i, telling) in all.into_iter().enumerate() {
        let is_early = i < cut && !telling.is_linked;
        if is_early {
            before.push(telling);
        } else {
            after.push(telling);
        }
    }
    (before, after)
}

async fn settled(product: &Product, sent: &BTreeMap<&str, u64>) {
    let store = product.store();
    for (signal, table) in [("traces", "otel_traces"), ("logs", "otel_logs")] {
        let items = sent.get(signal).copied().unwrap_or_default();
        stored(&store, &format!("SELECT count() FROM {table}"), items).await;
    }
}

#[tokio::test]
async fn facts_in_any_order_any_number_and_hours_late_make_one_equal_row() {
    let at = store::clock::now().0 / MS * MS - 5 * 3_600_000 * MS;
    let plans: Vec<_> = (0..ORDERS).map(|order| plan(order, at)).collect();
    let mut product = Product::start(&[]).await;
    let (mut sent, mut nonce) = (BTreeMap::new(), 0);
    for is_late in [false, true] {
        for (before, after) in &plans {
            for telling in if is_late { after } else { before } {
                nonce += 1;
                send(&product, telling, nonce).await;
                *sent.entry(telling.signal).or_insert(0) += telling.items.len() as u64;
            }
        }
        settled(&product, &sent).await;
        if !is_late {
            let (data, code) = product.stop().await;
            assert_eq!(code, Some(0));
            product = Product::start_on(data, &[]).await;
        }
    }
    let sql = "SELECT * EXCEPT (function_key, function_id, invocation_id, ingested_at, day), \
               replaceRegexpOne(invocations.function_key, '-[0-9][0-9]', '') AS function_key, \
               replaceRegexpOne(invocations.function_id, '-[0-9][0-9]', '') AS function_id, \
               toUInt32(substring(extract(invocations.function_key, '-[0-9][0-9]'), 2)) AS order \
               FROM invocations ORDER BY function_key, order";
    let want = 5 * ORDERS;
    let told = wait_for("all facts to be stored", async || {
        let told = rows(&product.store(), sql).await;
        let is_whole = |row: &Value| {
            let (key, by) = (row["function_key"].as_str()?, row["told_by"].as_u64()?);
            let (_, all) = TOLD_BY.into_iter().find(|(kind, _)| key.ends_with(kind))?;
            Some(by == all)
        };
        told.iter()
            .all(|row| is_whole(row) == Some(true))
            .then_some(told)
    })
    .await;
    assert_eq!(told.len() as u64, want, "one row for each invocation");
    for row in &told {
        let plain = told
            .iter()
            .find(|other| other["order"] == 0 && other["function_key"] == row["function_key"]);
        let mut row = row.clone();
        let order = row["order"].take();
        row["order"] = json!(0);
        assert_eq!(Some(&row), plain, "order {order}");
    }
}
