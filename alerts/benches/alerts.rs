//! How many alerts a second one core takes through a thousand routes.
//!
//!     cargo bench -p nephoscope-alerts
//!
//! A thousand teams with three routes each by severity; alerts of eight labels, in requests of a
//! thousand. `routed` walks the tree alone; `posted` is all that a request costs but its parsing and the
//! disk: merging, routing, joining groups; `again` the same for alerts that are known,
//! which is what sources send most of the time; `noted` is `again` with changes written as the journal has
//! them.

use std::time::Instant;

use alerts::config::Config;
use alerts::dispatch::{Machine, Routing, State};
use alerts::journal::Batch;
use alerts::model::{Alert, Labels};
use alerts::route::Tree;
use store::model::UnixNano;

const TEAMS: usize = 1_000;
const ALERTS: usize = 100_000;
const REQUEST: usize = 1_000;
const ROUNDS: u32 = 5;

fn file() -> String {
    use std::fmt::Write;
    let mut text = "receivers: [{name: all}, {name: page}, {name: mail}]
route:
  receiver: all
  group_by: [alertname, function]
  routes:
"
    .to_owned();
    for team in 0..TEAMS {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "  - matchers: [team=\"team-{team}\"]\n    routes:\n    - {{matchers: [severity=critical], \
             receiver: page, continue: true}}\n    - {{matchers: ['severity=~\"high|critical\"'], receiver: \
             mail}}\n"
        );
    }
    text
}

fn alert(n: usize) -> Alert {
    let severity = ["info", "low", "high", "critical"][n % 4];
    let labels: Labels = [
        ("alertname", format!("kind-{}", n % 50)),
        ("severity", severity.to_owned()),
        ("team", format!("team-{}", n * 7919 % TEAMS)),
        ("function", format!("function-{}", n % 5_000)),
        ("provider", "aws".to_owned()),
        ("region", "eu-central-1".to_owned()),
        ("account", "123456789012".to_owned()),
        ("n", n.to_string()),
    ]
    .into_iter()
    .collect();
    Alert {
        fingerprint: labels.fingerprint(),
        labels,
        annotations: [("summary", "something is wrong with this function")]
            .into_iter()
            .collect(),
        starts_at: UnixNano(0),
        ends_at: UnixNano(i64::MAX),
        generator_url: "https://observe.example/findings/1".to_owned(),
        updated_at: UnixNano(0),
        timeout: false,
    }
}

#[allow(clippy::print_stdout)] // what a measurement is for
fn told(what: &str, count: usize, begin: Instant) {
    let seconds = begin.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)] // a rate for people
    let rate = count as f64 / seconds;
    println!("{what:>8}: {rate:>12.0} alerts/s");
}

#[allow(clippy::disallowed_methods)] // a stop-watch
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let config = Config::parse(&file()).expect("a configuration");
    let alerts: Vec<Alert> = (0..ALERTS).map(alert).collect();
    let tree = Tree::new(&config.root);
    for _ in 0..ROUNDS {
        let begin = now();
        let routes: usize = alerts
            .iter()
            .map(|alert| tree.routes(&alert.labels).len())
            .sum();
        assert!(routes >= ALERTS);
        told("routed", ALERTS, begin);
    }
    let start = UnixNano(0);
    let mut machine = Machine::new(Routing::new(&config), State::default(), start, start);
    for round in 0..ROUNDS {
        let requests: Vec<Vec<Alert>> = alerts.chunks(REQUEST).map(<[Alert]>::to_vec).collect();
        let begin = now();
        for request in requests {
            machine
                .post(request, UnixNano(i64::from(round) + 1))
                .expect("room");
            let changes = machine.take_changes();
            assert!(changes.len() >= REQUEST);
        }
        told(if round == 0 { "posted" } else { "again" }, ALERTS, begin);
    }
    let requests: Vec<Vec<Alert>> = alerts.chunks(REQUEST).map(<[Alert]>::to_vec).collect();
    let begin = now();
    for request in requests {
        machine.post(request, UnixNano(100)).expect("room");
        let mut batch = Batch::default();
        batch.add(&machine.take_changes()).expect("JSON");
    }
    told("noted", ALERTS, begin);
}
