//! SLOs from facts to findings and pages: a function breaks at a known minute, and the alert fires and ends
//! when the arithmetic says so.

use std::sync::Arc;

use analyzers::cost::{Books, Config as CostConfig};
use analyzers::slo::catalogue::{QueriesOf, Sources};
use analyzers::slo::keep::{Keeper, Touched};
use store::Store;
use store::findings::{self, Filter};
use store::model::{
    Finding, FunctionId, FunctionSighting, InvocationFact, Severity, State, Status, ToldBy,
    UnixNano,
};
use store::rollup::Roller;
use store::slos;
use store::write::{Attempt, Batch, RowSink};

use crate::harness::{Product, end_engine, get, migrated_engine, number, request, wait_for};

pub(crate) const MINUTE_S: i64 = 60;
/// Invocations of a function and minute.
pub(crate) const EACH: i64 = 10;
/// Minutes before the break, and how long it lasts.
pub(crate) const CALM: i64 = 300;
pub(crate) const BROKEN: i64 = 30;
pub(crate) const AFTER: i64 = 420;

pub(crate) const SLO: &str = "apiVersion: openslo/v1
kind: SLO
metadata: {name: shop}
spec:
  service: shop
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{targetPercent: 99}]
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        rawType: success
        raw: {metricSource: {type: nephoscope, spec: {indicator: availability, group_by: [function]}}}
";

/// What happened, minute by minute, as the test knows it.
pub(crate) struct History {
    pub(crate) begin: i64,
}

impl History {
    /// Bad and all events of a minute of `name`.
    pub(crate) fn of(&self, name: &str, minute: i64) -> (i64, i64) {
        let since = minute - self.begin;
        let is_broken = name == "checkout" && (CALM..CALM + BROKEN).contains(&since);
        match since {
            0.. if since < CALM + BROKEN + AFTER => (if is_broken { EACH } else { 0 }, EACH),
            _ => (0, 0),
        }
    }

    /// Burn rate of a window of `minutes` that ends with `minute`, at 99 %.
    fn burn(&self, name: &str, minute: i64, minutes: i64) -> f64 {
        let (mut bad, mut total) = (0, 0);
        for at in minute + 1 - minutes..=minute {
            let (more_bad, more) = self.of(name, at);
            bad += more_bad;
            total += more;
        }
        100.0 * bad as f64 / total as f64
    }

    /// Whether any of the workbook's pairs fires, reckoned apart from the product.
    fn fires(&self, name: &str, minute: i64) -> bool {
        let pairs = [
            (60, 5, 14.4),
            (360, 30, 6.0),
            (1_440, 120, 3.0),
            (4_320, 360, 1.0),
        ];
        pairs.iter().any(|(long, short, rate)| {
            self.burn(name, minute, *long) > *rate && self.burn(name, minute, *short) > *rate
        })
    }

    pub(crate) async fn write(&self, store: &Store, minutes: std::ops::Range<i64>) {
        let mut batch = Batch::default();
        for minute in minutes.clone() {
            for name in ["checkout", "cart"] {
                let (bad, total) = self.of(name, minute);
                for number in 0..total {
                    batch.invocation(&fact(name, minute, number, number < bad));
                }
            }
        }
        for name in ["checkout", "cart"] {
            batch.sighting(&sighting(name, minutes.start));
        }
        let (batch, token) = (Arc::new(batch), format!("slos-{}", minutes.start));
        let refused = store.insert(&batch, &token, Attempt::First, |_| true);
        assert!(refused.await.expect("inserted").is_empty());
    }
}

pub(crate) fn function(name: &str) -> FunctionId {
    FunctionId {
        provider: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        name: name.into(),
    }
}

fn sighting(name: &str, minute: i64) -> FunctionSighting {
    let at = UnixNano::from_secs(minute * MINUTE_S);
    FunctionSighting {
        function_id: function(name),
        platform: "aws_lambda".into(),
        runtime: String::new(),
        architecture: String::new(),
        service_name: name.into(),
        memory_size_mb: None,
        first_seen: at,
        last_seen: at,
        last_span: Some(at),
        last_log: None,
        last_metric: None,
    }
}

fn fact(name: &str, minute: i64, number: i64, fails: bool) -> InvocationFact {
    let at = UnixNano::from_secs(minute * MINUTE_S + number);
    let id = format!("{name}-{minute}-{number}");
    let mut fact = InvocationFact::new(function(name), id, ToldBy::Span, at);
    fact.version = "1".into();
    fact.duration_ms = Some(20.0);
    fact.status = if fails { Status::Error } else { Status::Ok };
    fact
}

pub(crate) fn keeper() -> Keeper {
    let sources = Sources {
        files: Arc::new(Vec::new),
        queries: QueriesOf::Everybody,
    };
    let books = Books::load(&CostConfig::default()).expect("the books");
    Keeper::new(sources, Arc::new(books))
}

/// The product's parts that keep SLOs, on a clock of the test.
struct Kept {
    store: Store,
    roller: Roller,
    touched: Touched,
    keeper: Keeper,
}

impl Kept {
    fn new(store: Store) -> Self {
        Self {
            store,
            roller: Roller::default(),
            touched: Touched::default(),
            keeper: keeper(),
        }
    }

    /// What is told when `minute` has just closed.
    async fn close(&mut self, minute: i64) -> Vec<Finding> {
        self.roller.tick(&self.store).await.expect("rolled");
        self.touched.tell(self.roller.take_touched());
        let now = UnixNano::from_secs((minute + 1) * MINUTE_S + 90);
        let turn = self.keeper.turn(&self.store, &self.touched, now).await;
        turn.expect("reckoned");
        let kind = Filter {
            kind: "slo_burn".to_owned(),
            ..Filter::default()
        };
        findings::list(&self.store, &kind).await.expect("listed")
    }
}

pub(crate) fn history() -> History {
    let now_minute = store::clock::now().as_secs() / MINUTE_S;
    History {
        begin: now_minute - 2 * 1_440,
    }
}

#[tokio::test]
async fn a_burning_budget_is_told_at_the_minutes_that_arithmetic_predicts() {
    let (data, engine, store) = migrated_engine().await;
    let history = history();
    slos::write(&store, "shop", Some(SLO), store::clock::now())
        .await
        .expect("kept");
    let mut kept = Kept::new(store.clone());
    let (begin, end) = (history.begin, history.begin + CALM + BROKEN + AFTER);
    let broken = begin + CALM;
    let closely = broken - 1..broken + BROKEN + 20;
    let minutes = closely
        .clone()
        .chain((closely.end..end).step_by(20))
        .chain([end - 1]);
    let (mut next, mut told) = (begin, Vec::new());
    for minute in minutes {
        history.write(&store, next..minute + 1).await;
        next = minute + 1;
        if minute == broken + 3 {
            // A restart in the middle neither fires nor resolves anything.
            kept.keeper = keeper();
        }
        told = kept.close(minute).await;
        let open = told.iter().filter(|one| one.state == State::Open).count();
        assert!(!history.fires("cart", minute));
        let expected = usize::from(history.fires("checkout", minute));
        assert_eq!(open, expected, "minute {} of the outage", minute - broken);
        if minute == broken + 12 {
            assert!(told[0].severity >= Severity::High, "{:?}", told[0]);
            assert_eq!(told[0].function_id, function("checkout").to_string());
            assert!(
                told[0].sentence.contains("times as fast"),
                "{}",
                told[0].sentence
            );
        }
    }
    assert_eq!((told.len(), told[0].state), (1, State::Closed), "{told:?}");
    counted_exactly(&store, &history).await;

    // Facts that come late are counted where they belong.
    let mut batch = Batch::default();
    batch.invocation(&fact("cart", begin + 5, 77, true));
    let batch = Arc::new(batch);
    let refused = store.insert(&batch, "late", Attempt::First, |_| true);
    assert!(refused.await.expect("inserted").is_empty());
    kept.close(end).await;
    let bad = "SELECT toUInt64(sum(total - good)) FROM slo_hours FINAL WHERE grp LIKE '%:cart'";
    assert_eq!(number(&store, bad).await, 1);
    end_engine(data, engine).await;
}

async fn counted_exactly(store: &Store, history: &History) {
    let (mut bad, mut total) = (0, 0);
    for minute in history.begin..history.begin + CALM + BROKEN + AFTER {
        for name in ["checkout", "cart"] {
            let (more_bad, more) = history.of(name, minute);
            bad += more_bad;
            total += more;
        }
    }
    for table in ["slo_minutes", "slo_hours"] {
        let sum = |what: &str| format!("SELECT toUInt64(sum({what})) FROM {table} FINAL");
        assert_eq!(
            number(store, &sum("total")).await,
            total.unsigned_abs(),
            "{table}"
        );
        assert_eq!(
            number(store, &sum("total - good")).await,
            bad.unsigned_abs(),
            "{table}"
        );
    }
}

#[tokio::test]
async fn an_slo_of_the_api_is_measured_back_in_time_and_its_page_counts_what_the_test_counts() {
    let product = Product::start(&[]).await;
    let history = history();
    let minutes = history.begin..history.begin + CALM + BROKEN + AFTER;
    history.write(&product.store(), minutes.clone()).await;
    let url = format!("{}/api/v1/slos/shop", product.dashboard);
    let put = async |text: &str| request("PUT", &url, &[], text.as_bytes().to_vec()).await;

    let refused = put(&SLO.replace("availability", "velocity")).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("velocity"), "{}", refused.text());
    let taken = put(SLO).await;
    assert_eq!(taken.status, 200, "{}", taken.text());

    let total = (CALM + BROKEN + AFTER) * EACH;
    let page = format!("{}/slos/shop.json", product.dashboard);
    let row = wait_for("the whole past to be measured", async || {
        let answer = get(&page).await.json();
        let rows = answer["slos"].as_array()?.clone();
        rows.into_iter()
            .find(|row| row["group"] == "checkout" && row["total"] == total)
    })
    .await;
    let bad = BROKEN * EACH;
    assert_eq!(row["bad"], bad);
    let remaining = row["budget_remaining"].as_f64().expect("a number");
    let expected = 1.0 - (bad as f64 / total as f64) / 0.01;
    assert!(
        (remaining - expected).abs() < 1e-12,
        "{remaining} {expected}"
    );

    for path in ["/slos", "/slos/shop", "/slos.csv", "/slos/shop/badge.svg"] {
        let answer = get(&format!("{}{path}", product.dashboard)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let gone = request("DELETE", &url, &[], Vec::new()).await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    assert_eq!(get(&page).await.status, 404);
}
