//! Deploys: who tells of them, what becomes one, where they are shown.

use analyzers::deploys::{changed::changed, returns::returns};
use serde_json::{Value, json};
use store::Store;
use store::model::{Deploy, DeploySource, DeployWords, UnixNano};
use store::read::deploys::{self as known, DeployRow};
use store::read::{Window, around, versions};

use crate::harness::{Product, end_engine, get, migrated_engine, number, post, request, wait_for};

const CHECKOUT: &str = "aws:123456789012:eu-central-1:checkout";
/// A Monday noon.
const NOON_S: i64 = 1_795_435_200;

fn told(version: &str, at_s: i64, source: DeploySource) -> Deploy {
    Deploy {
        function_id: CHECKOUT.to_owned(),
        version: version.to_owned(),
        at: UnixNano::from_secs(NOON_S + at_s),
        source,
        words: DeployWords::default(),
    }
}

async fn listed(store: &Store) -> Vec<DeployRow> {
    let window = Window {
        from: UnixNano::from_secs(NOON_S - 86_400),
        to: UnixNano::from_secs(NOON_S + 864_000),
    };
    let mut rows = known::list(store, window, CHECKOUT, 100)
        .await
        .expect("listed");
    rows.reverse();
    rows
}

fn short(rows: &[DeployRow]) -> Vec<(&str, i64, &str)> {
    rows.iter()
        .map(|row| {
            (
                row.version.as_str(),
                row.at_ms / 1_000 - NOON_S,
                row.source.as_str(),
            )
        })
        .collect()
}

#[tokio::test]
async fn tellings_of_one_version_are_one_deploy_and_a_version_that_comes_back_is_another() {
    let (data, engine, store) = migrated_engine().await;
    let mut announced = told("2", 630, DeploySource::Api);
    announced.words.who = "ann".into();
    announced.words.url = "https://git.example/c/1".into();
    let mut audited = told("2", 610, DeploySource::Audit);
    audited.words.who = "assumed-role/ci".into();
    audited.words.commit = "abc=".into();
    let all = vec![
        told("1", 0, DeploySource::Baseline),
        told("2", 600, DeploySource::Telemetry),
        audited,
        announced,
        told("1", 1_800, DeploySource::Telemetry),
        told("$LATEST", 3_600, DeploySource::Audit),
        told("$LATEST", 3_900, DeploySource::Audit),
        told("$LATEST", 5_400, DeploySource::Audit),
    ];
    store
        .tell_deploys(all.clone(), UnixNano(1))
        .await
        .expect("told");
    store
        .tell_deploys(all, UnixNano(2))
        .await
        .expect("told again");
    let rows = listed(&store).await;
    let want = [
        ("2", 600, "api"),
        ("1", 1_800, "telemetry"),
        ("$LATEST", 3_600, "audit"),
        ("$LATEST", 5_400, "audit"),
    ];
    assert_eq!(
        short(&rows),
        want,
        "the first version is where history begins"
    );
    assert_eq!(rows[0].sources, ["api", "audit", "telemetry"]);
    assert_eq!(
        (rows[0].who.as_str(), rows[0].commit.as_str()),
        ("ann", "abc="),
        "the best words, each"
    );
    assert_eq!(
        number(&store, "SELECT count() FROM deploy_tellings FINAL").await,
        8
    );
    let latest = known::latest(&store, &[CHECKOUT.to_owned()])
        .await
        .expect("asked");
    assert_eq!(
        (latest[0].version.as_str(), latest[0].at_ms / 1_000 - NOON_S),
        ("$LATEST", 5_400)
    );
    end_engine(data, engine).await;
}

#[tokio::test]
async fn deploys_of_an_older_database_are_kept() {
    let (data, engine, migrated) = migrated_engine().await;
    let url = engine.url().rsplit_once('/').expect("a path").0.to_owned();
    let store = Store::new(&format!("{url}/older")).expect("valid");
    store.create_database().await.expect("created");
    let is_new = |name: &str| name.starts_with("0008_deploys");
    for step in store::migrate::STEPS
        .iter()
        .filter(|step| !is_new(step.name))
    {
        store.execute(step.name, step.sql).await.expect("applied");
    }
    let old = "INSERT INTO deploys (function_id, version, at, source) VALUES \
               ('aws:123456789012:eu-central-1:checkout', '1', '2026-11-23 12:00:00', 'baseline'), \
               ('aws:123456789012:eu-central-1:checkout', '2', '2026-11-23 12:10:00', 'telemetry')";
    store.execute("filling", old).await.expect("filled");
    for step in store::migrate::STEPS
        .iter()
        .filter(|step| is_new(step.name))
    {
        store.execute(step.name, step.sql).await.expect("applied");
    }
    assert_eq!(short(&listed(&store).await), [("2", 600, "telemetry")]);
    assert_eq!(number(&store, "SELECT count() FROM deploys").await, 2);
    drop(migrated);
    end_engine(data, engine).await;
}

/// Minutes of a version, a number of invocations in each.
async fn minutes(store: &Store, version: &str, (from, to): (i64, i64), invocations: u32) {
    let sql = "INSERT INTO invocations_1m (function_id, version, minute, rolled_at, invocations) \
               SELECT {id:String}, {version:String}, toDateTime({noon:Int64} + 60 * number), now64(3), \
                      {n:UInt64} \
               FROM numbers({from:UInt64}, {count:UInt64})";
    let query = store
        .query(sql)
        .param("id", CHECKOUT)
        .param("version", version)
        .param("noon", NOON_S)
        .param("n", invocations)
        .param("from", from)
        .param("count", to - from);
    query.execute().await.expect("filled");
}

#[tokio::test]
async fn a_rollback_is_seen_in_the_traffic_alone_and_told_once() {
    let (data, engine, store) = migrated_engine().await;
    minutes(&store, "1", (0, 20), 50).await;
    minutes(&store, "2", (20, 45), 50).await;
    minutes(&store, "1", (43, 70), 50).await;
    let (since, until) = (
        UnixNano::from_secs(NOON_S - 60),
        UnixNano::from_secs(NOON_S + 4_200),
    );
    let new = versions::new_versions(&store, since).await.expect("asked");
    let marks = analyzers::deploys::marks::marks(&new);
    store.tell_deploys(marks, UnixNano(1)).await.expect("told");
    assert!(
        versions::new_versions(&store, since)
            .await
            .expect("asked")
            .is_empty()
    );
    assert_eq!(short(&listed(&store).await), [("2", 1_200, "telemetry")]);
    for _ in 0..2 {
        let rows = versions::leading(&store, since, until)
            .await
            .expect("asked");
        store
            .tell_deploys(returns(&rows), UnixNano(2))
            .await
            .expect("told");
    }
    let want = [("2", 1_200, "telemetry"), ("1", 3_000, "telemetry")];
    assert_eq!(
        short(&listed(&store).await),
        want,
        "by ten minutes: the first it leads alone"
    );
    assert_eq!(
        number(&store, "SELECT count() FROM deploy_tellings").await,
        3
    );
    end_engine(data, engine).await;
}

#[tokio::test]
async fn a_version_announced_before_it_ran_is_not_told_again_and_one_announced_late_keeps_its_first_minute()
 {
    let (data, engine, store) = migrated_engine().await;
    minutes(&store, "1", (0, 10), 5).await;
    minutes(&store, "2", (10, 20), 5).await;
    minutes(&store, "3", (20, 30), 5).await;
    let early = told("2", 570, DeploySource::Api);
    let late = told("3", 1_500, DeploySource::Api);
    store
        .tell_deploys(vec![early, late], UnixNano(1))
        .await
        .expect("told");
    let since = UnixNano::from_secs(NOON_S - 60);
    let new = versions::new_versions(&store, since).await.expect("asked");
    let seen: Vec<&str> = new.iter().map(|one| one.version.as_str()).collect();
    assert_eq!(seen, ["1", "3"]);
    store
        .tell_deploys(analyzers::deploys::marks::marks(&new), UnixNano(2))
        .await
        .expect("told");
    let rows = listed(&store).await;
    assert_eq!(short(&rows), [("2", 570, "api"), ("3", 1_200, "api")]);
    end_engine(data, engine).await;
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// Invocations of a version, one a second from `at`.
fn spans(version: &str, memory_mb: &str, at: i64, count: i64) -> String {
    let resource = [
        attribute("service.name", "checkout"),
        attribute("cloud.provider", "aws"),
        attribute("cloud.platform", "aws_lambda"),
        attribute("cloud.region", "eu-central-1"),
        attribute("cloud.account.id", "123456789012"),
        attribute("faas.name", "checkout"),
        attribute("faas.version", version),
        attribute("faas.max_memory", memory_mb),
        attribute(
            "telemetry.distro.version",
            if version == "41" { "1.0" } else { "1.1" },
        ),
    ];
    let span = |i: i64| {
        let start = at + i * 1_000_000_000;
        let id = format!("{version}-{i}");
        json!({"traceId": format!("{:032x}", start), "spanId": format!("{:016x}", start), "name": "checkout",
            "kind": 2, "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 8_000_000).to_string(),
            "attributes": [attribute("faas.invocation_id", &id)]})
    };
    let spans: Vec<Value> = (0..count).map(span).collect();
    json!({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": spans}]}]}).to_string()
}

/// CloudTrail's entry of a published version, as a collector forwards it.
fn published(version: &str, at: i64) -> String {
    let entry = json!({"eventSource": "lambda.amazonaws.com", "eventName": "PublishVersion20150331",
        "awsRegion": "eu-central-1", "recipientAccountId": "123456789012",
        "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/deployer/ci-7"},
        "requestParameters": {"functionName": "checkout", "memorySize": 1024},
        "responseElements": {"version": version, "functionArn":
            format!("arn:aws:lambda:eu-central-1:123456789012:function:checkout:{version}")}});
    json!({"resourceLogs": [{"resource": {"attributes": [attribute("service.name", "cloudtrail")]},
        "scopeLogs": [{"logRecords": [{"timeUnixNano": at.to_string(),
            "body": {"stringValue": entry.to_string()}}]}]}]})
    .to_string()
}

async fn send(product: &Product, signal: &str, body: String) {
    let answer = post(
        &format!("{}/v1/{signal}", product.http),
        "application/json",
        body,
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn announced(product: &Product, body: &Value) -> (u16, Value) {
    let url = format!("{}/api/v1/deploys", product.dashboard);
    let answer = post(&url, "application/json", body.to_string()).await;
    (answer.status, answer.json())
}

const MINUTE: i64 = 60_000_000_000;

#[tokio::test]
async fn a_pipeline_and_an_audit_log_tell_of_deploys_and_every_chart_shows_them() {
    let product = Product::start(&[]).await;
    let store = product.store();
    let now = store::clock::now().0;
    let (old, new) = (now - 40 * MINUTE, now - 20 * MINUTE);
    send(&product, "traces", spans("41", "512", old, 30)).await;
    send(&product, "traces", spans("42", "1024", new, 30)).await;
    send(&product, "logs", published("43", now - MINUTE)).await;
    let one = async |condition: &str| {
        let sql = format!("SELECT count() FROM deploys WHERE {condition}");
        (number(&store, &sql).await == 1).then_some(())
    };
    wait_for("telemetry to tell of 42", async || {
        one("version = '42'").await
    })
    .await;
    announces(&product).await;
    let audited = "version = '43' AND source = 'audit'";
    wait_for("the audit log to tell of 43", async || one(audited).await).await;
    listed_by_the_api(&product, new).await;
    shown(&product).await;
    what_changed(&store, UnixNano(new)).await;
}

/// A pipeline names the function as people do; said twice it is the same deploy, and keeps its time.
async fn announces(product: &Product) {
    let body = json!({"function": "checkout", "version": "42", "by": "ann", "commit": "0c1d2e3f",
        "url": "https://git.example/c/0c1d2e3f", "note": "<b>faster</b>"});
    let (status, first) = announced(product, &body).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(first["deploys"][0]["function_id"], CHECKOUT);
    assert_eq!(announced(product, &body).await, (200, first));
    let nobody = json!({"function": "nobody", "version": "1"});
    let (status, refused) = announced(product, &nobody).await;
    assert_eq!(status, 404, "{refused}");
    let unseen = json!({"function": "gcp:shop:europe-west1:new", "version": "1"});
    let (status, kept) = announced(product, &unseen).await;
    assert_eq!(status, 200, "{kept}");
    let headers = [
        ("content-type", "application/json"),
        ("sec-fetch-site", "cross-site"),
    ];
    let url = format!("{}/api/v1/deploys", product.dashboard);
    let foreign = request("POST", &url, &headers, body.to_string().into_bytes()).await;
    assert_eq!(foreign.status, 403);
}

async fn listed_by_the_api(product: &Product, since: i64) {
    let url = format!("{}/api/v1/deploys?function=checkout", product.dashboard);
    let list = get(&url).await.json();
    let rows = list["deploys"].as_array().expect("rows");
    let told = |row: &Value| -> [String; 3] {
        ["version", "source", "by"].map(|key| row[key].as_str().unwrap_or("").to_owned())
    };
    let audited = ["43", "audit", "assumed-role/deployer/ci-7"].map(str::to_owned);
    let announced = ["42", "api", "ann"].map(str::to_owned);
    let all: Vec<[String; 3]> = rows.iter().map(told).collect();
    assert_eq!(all, [audited, announced], "{list}");
    assert_eq!(rows[0]["changes"][0]["what"], "memory_mb", "{list}");
    assert_eq!(rows[1]["told_by"], json!(["api", "telemetry"]), "{list}");
    let at = rows[1]["at_ms"].as_i64().map(|at_ms| at_ms / 60_000);
    assert_eq!(at, Some(since / MINUTE), "as first seen");
    let nobody = format!("{}/api/v1/deploys?function=nobody", product.dashboard);
    assert_eq!(get(&nobody).await.status, 400);
}

/// Charts carry the marks, also for those who do not see them.
async fn shown(product: &Product) {
    let function = format!("/functions/{CHECKOUT}");
    for path in [
        "/",
        &function,
        "/traces",
        "/logs",
        &format!("/costs/{CHECKOUT}"),
        "/costs",
    ] {
        let page = get(&format!("{}{path}", product.dashboard)).await.text();
        assert!(page.contains("class=\"deploy\""), "{path}: {page}");
        assert!(page.contains(" Deploys: "), "{path}: {page}");
        assert!(!page.contains("<b>faster"), "{path}");
    }
    let page = get(&format!("{}{function}", product.dashboard))
        .await
        .text();
    let link = "https://git.example/c/0c1d2e3f";
    for words in ["id=\"deploys\"", "ann", link, "audit log", "memory_mb 1024"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

async fn what_changed(store: &Store, at: UnixNano) {
    let deploy = around::Around {
        id: CHECKOUT,
        service: "checkout",
        version: "42",
        at,
    };
    let told = around::told(store, deploy).await.expect("asked");
    let suspects = changed(&told, &[]);
    let whats: Vec<(&str, &str, &str)> = suspects
        .iter()
        .map(|s| {
            (
                s.change.what.as_str(),
                s.change.before.as_str(),
                s.change.after.as_str(),
            )
        })
        .collect();
    let want = [
        ("memory_mb", "512", "1024"),
        ("telemetry.distro.version", "1.0", "1.1"),
    ];
    assert_eq!(whats, want, "{told:?}");
}
