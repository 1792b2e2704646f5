//! A finding of every group as detectors write them, with all that can be drawn, and some that are over or
//! were not told.

use store::Store;
use store::findings;
use store::model::finding::{BandPoint, Matched, Part, Side, Suspect};
use store::model::{Evidence, Finding, FunctionId, Scope, Severity, State, UnixNano};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

/// What telemetry may be called to break a page.
pub const HOSTILE: &str = "\"><script>alert(1)</script><b>";

/// Ids of the findings that [`write`] makes, in the order regression, cost, forecast, operation.
pub const IDS: [&str; 4] = [
    "00000000000000a1",
    "00000000000000a2",
    "00000000000000a3",
    "00000000000000a4",
];

/// Writes them for a function that is known, as of now.
pub async fn write(store: &Store, function_id: &str) {
    let all = of_every_group(function_id, store::clock::now());
    findings::write(store, &all, store::clock::now())
        .await
        .expect("findings written");
}

/// The id of the threat that [`threat`] makes.
pub const THREAT: &str = "00000000000000b4";

/// A threat, as it is told of a payload that a stranger sent: the text is a stranger's.
pub fn threat(function_id: &str, now: UnixNano) -> Finding {
    let seed = Seed {
        id: function_id.to_owned(),
        name: function_id.parse::<FunctionId>().expect("an id").name,
        now_s: now.as_secs(),
    };
    Finding {
        severity: Severity::High,
        p_value: None,
        title: format!("Attempt: SQL injection: {}", seed.name),
        sentence: "Attempt: SQL injection. From 203.0.113.9. It is said because rule sql.union."
            .into(),
        unit: "count".into(),
        evidence: Evidence {
            reasons: vec!["rule sql.union".into()],
            matches: vec![Matched {
                field: "url.query".into(),
                text: format!("q=1' union select {HOSTILE}"),
            }],
            attack: vec!["T1190".into()],
            events: 12,
            ..Evidence::default()
        },
        ..seed.base(THREAT, "threat_payload")
    }
}

fn of_every_group(function_id: &str, now: UnixNano) -> Vec<Finding> {
    let seed = Seed {
        id: function_id.to_owned(),
        name: function_id.parse::<FunctionId>().expect("an id").name,
        now_s: now.as_secs(),
    };
    let regression = seed.regression();
    let mut held = Finding {
        id: "00000000000000b1".into(),
        kind: "cold_start_shift".into(),
        state: State::Held,
        severity: Severity::Low,
        version: String::new(),
        title: format!("Cold starts of {} are 9 % slower", seed.name),
        closed_because: "chance alone does this in 0.80 % of cases; after 3 findings of it within 30 days at most \
                         0.250 % are told"
            .into(),
        ..regression.clone()
    };
    held.relative = Some(0.09);
    let over = Finding {
        id: "00000000000000b2".into(),
        state: State::Closed,
        closed_at: Some(UnixNano::from_secs(seed.now_s - 5 * DAY_S)),
        closed_because: "It holds no longer.".into(),
        began_at: UnixNano::from_secs(seed.now_s - 6 * DAY_S),
        detected_at: UnixNano::from_secs(seed.now_s - 6 * DAY_S + HOUR_S),
        ..seed.operation()
    };
    let hostile = Finding {
        id: "00000000000000b3".into(),
        scope: Scope::Region,
        subject: HOSTILE.into(),
        function_id: String::new(),
        kind: "cold_start_platform_shift".into(),
        severity: Severity::Info,
        title: HOSTILE.into(),
        sentence: HOSTILE.into(),
        version: HOSTILE.into(),
        micro_usd_per_month: None,
        ..seed.regression()
    };
    vec![
        regression,
        seed.cost(),
        seed.forecast(),
        seed.operation(),
        held,
        over,
        hostile,
    ]
}

struct Seed {
    id: String,
    name: String,
    now_s: i64,
}

impl Seed {
    fn base(&self, id: &str, kind: &str) -> Finding {
        let ago = |seconds: i64| UnixNano::from_secs(self.now_s - seconds);
        Finding {
            id: id.into(),
            kind: kind.into(),
            scope: Scope::Function,
            subject: self.id.clone(),
            function_id: self.id.clone(),
            version: String::new(),
            detail: String::new(),
            state: State::Open,
            severity: Severity::Medium,
            confidence: 0.99,
            p_value: Some(0.000_3),
            began_at: ago(2 * HOUR_S),
            detected_at: ago(HOUR_S + 1_200),
            updated_at: ago(90),
            closed_at: None,
            closed_because: String::new(),
            title: String::new(),
            sentence: String::new(),
            relative: None,
            interval: None,
            before: None,
            after: None,
            unit: String::new(),
            ms_per_month: None,
            micro_usd_per_month: None,
            evidence: Evidence::default(),
        }
    }

    fn regression(&self) -> Finding {
        Finding {
            version: "42".into(),
            title: format!("Cold starts of {} are 44 % slower since version 42", self.name),
            sentence: format!(
                "Cold starts of {} take 262 ms since version 42, 182 ms before: 3 h of waiting and $41 a month. \
                 Memory went from 512 to 256 MiB with it; look there first.",
                self.name
            ),
            relative: Some(0.44),
            interval: Some((0.38, 0.51)),
            before: Some(182.0),
            after: Some(262.0),
            unit: "ms".into(),
            ms_per_month: Some(10_800_000.0),
            micro_usd_per_month: Some(41_000_000),
            evidence: Evidence {
                reasons: vec![
                    "Of 14 cold starts since version 42, 13 were slower than nine in ten before.".into(),
                    "Functions with the same runtime, architecture and region did not change.".into(),
                ],
                suspects: vec![
                    suspect("memory 512 → 256 MiB", "changed with version 42", 0.8),
                    suspect("version 42", "appeared 3 min before it began", 0.6),
                ],
                before: Some(side(182.0, 60, 410)),
                after: Some(side(262.0, 14, 14)),
                traces: vec!["0af7651916cd43dd8448eb211c80319c".into()],
                advice: vec!["Give it back its 512 MiB, or roll back to version 41.".into()],
                query: "SELECT version, quantile(0.5)(init_duration_ms) FROM invocations GROUP BY version"
                    .into(),
                ..Evidence::default()
            },
            ..self.base(IDS[0], "cold_start_regression")
        }
    }

    fn cost(&self) -> Finding {
        let hour = self.now_s / HOUR_S * HOUR_S;
        let point = |i: i64| {
            let day = (i % 24 - 12).abs() as f64 / 12.0;
            let expected = 0.4 + 0.5 * (1.0 - day);
            let factor = if i >= 69 {
                2.3
            } else {
                1.0 + ((i * 7) % 5) as f64 / 60.0
            };
            BandPoint {
                at_s: hour - (72 - i) * HOUR_S,
                actual: Some(expected * factor),
                expected: Some(expected),
                low: Some(expected * 0.8),
                high: Some(expected * 1.25),
            }
        };
        Finding {
            severity: Severity::High,
            title: format!("{} spends 2.3 times as much as usual", self.name),
            sentence: format!(
                "{} spends $1.70 an hour instead of $0.74 for 3 h: $700 a month at this pace. Most of it is retries \
                 from the queue; look at its errors first.",
                self.name
            ),
            relative: Some(1.3),
            interval: Some((1.1, 1.5)),
            before: Some(0.74),
            after: Some(1.70),
            unit: "usd/h".into(),
            micro_usd_per_month: Some(700_000_000),
            evidence: Evidence {
                parts: vec![
                    part("more invocations", 0.81, "1,200 → 2,900 an hour"),
                    part("longer duration", 0.22, "310 → 380 ms"),
                    part("less memory", -0.07, "512 → 448 MiB"),
                ],
                band: (0..72).map(point).collect(),
                band_unit: "usd/h".into(),
                suspects: vec![suspect(
                    "retries of queue orders",
                    "errors and invocations rose together",
                    0.7,
                )],
                ..Evidence::default()
            },
            ..self.base(IDS[1], "cost_spike")
        }
    }

    fn forecast(&self) -> Finding {
        let day = self.now_s / DAY_S * DAY_S;
        let point = |i: i64| {
            let expected = 38.0 * (i + 1) as f64;
            let ahead = (i - 17).max(0) as f64;
            BandPoint {
                at_s: day + (i - 17) * DAY_S,
                actual: (i <= 17).then_some(expected * (1.0 + ((i * 5) % 7) as f64 / 200.0)),
                expected: Some(expected),
                low: (i >= 17).then_some(expected - 9.0 * ahead),
                high: (i >= 17).then_some(expected + 13.0 * ahead),
            }
        };
        Finding {
            scope: Scope::Budget,
            subject: "checkout team".into(),
            function_id: String::new(),
            severity: Severity::Low,
            p_value: Some(0.04),
            title: "The budget of checkout team will be exceeded on the 27th".into(),
            sentence: "The budget of checkout team, $1,000 a month, will be exceeded on the 27th (90 %: 25th to 29th); \
                       the month will end near $1,140."
                .into(),
            unit: "usd".into(),
            after: Some(1_140.0),
            evidence: Evidence {
                band: (0..30).map(point).collect(),
                band_unit: "usd".into(),
                limit: Some(1_000.0),
                ..Evidence::default()
            },
            ..self.base(IDS[2], "budget_forecast")
        }
    }

    fn operation(&self) -> Finding {
        let minute = self.now_s / 60 * 60;
        let point = |i: i64| BandPoint {
            at_s: minute - (180 - i) * 60,
            actual: (i % 37 != 5).then_some(if i > 60 { 0.12 } else { 0.004 }),
            expected: Some(0.004),
            low: Some(0.0),
            high: Some(0.01),
        };
        Finding {
            severity: Severity::Critical,
            p_value: None,
            title: format!("12 % of invocations of {} fail", self.name),
            sentence: format!(
                "{} fails in 12 % of its invocations for 2 h, 0.4 % before; TimeoutError leads.",
                self.name
            ),
            relative: Some(29.0),
            before: Some(0.004),
            after: Some(0.12),
            unit: "1".into(),
            evidence: Evidence {
                band: (0..180).map(point).collect(),
                band_unit: "1".into(),
                limit: Some(0.10),
                reasons: vec!["1,204 of 10,020 invocations failed.".into()],
                ..Evidence::default()
            },
            ..self.base(IDS[3], "error_rate")
        }
    }
}

fn suspect(what: &str, why: &str, weight: f64) -> Suspect {
    Suspect {
        what: what.into(),
        why: why.into(),
        weight,
    }
}

fn part(name: &str, value: f64, note: &str) -> Part {
    Part {
        name: name.into(),
        value,
        unit: "usd/h".into(),
        note: note.into(),
    }
}

/// A skewed distribution around a median: `shown` values of `n`.
fn side(median: f64, shown: u64, n: u64) -> Side {
    let at = |share: f64| {
        median * (1.0 + 0.16 * (share - 0.5) + 0.5 * (share - 0.5).max(0.0).powi(3) * 8.0)
    };
    Side {
        n,
        quantiles: [0.1, 0.25, 0.5, 0.75, 0.9].map(at),
        values: (0..shown)
            .map(|i| at((i as f64 + 0.5) / shown as f64))
            .collect(),
    }
}
