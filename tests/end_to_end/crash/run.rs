//! A run: faults one after another, a count now and then, a report.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use fleet::random::Random;
use tokio::time::Instant;

use super::book::{Book, Signal};
use super::clients::{Clients, Mode};
use super::count::{Count, Sins};
use super::faults::{Fault, Scene};
use super::stage::Stage;
use crate::harness::wait_for;

/// Faults between two counts.
const FAULTS_TO_A_COUNT: usize = 5;
/// At most this long is nothing done before a fault, milliseconds.
const CALM_MS: u64 = 800;
/// What the product's log must never hold.
const CONFESSIONS: [&str; 4] = ["report this as a bug", "is lost", "panicked", "ended badly"];

/// How long, and by which chances.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Only faults whose names hold this; all hold the empty text.
    pub only: String,
    /// Faults are struck until then; without it, each quick one once.
    pub until: Option<Instant>,
}

/// What a run has seen so far.
struct Report {
    plan: Plan,
    begun: Instant,
    struck: BTreeMap<Fault, u32>,
    /// Struck since the last count.
    latest: Vec<Fault>,
    count: Count,
    /// Which faults went before something was found wrong.
    suspicions: Vec<String>,
}

/// Runs by the plan; panics with the report when the promise was broken.
pub async fn run(plan: Plan) {
    eprintln!("crash: seed {}", plan.seed);
    let stage = Stage::open().await;
    let book = Arc::new(Book::default());
    let mut scene = Scene {
        clients: Clients::start(plan.seed, &book, &stage.doors()),
        stage,
        book,
        random: Random::named(plan.seed, 0, "faults", 0),
        destroyed: 0,
    };
    let mut report = Report {
        plan: plan.clone(),
        begun: Instant::now(),
        struck: BTreeMap::new(),
        latest: Vec::new(),
        count: Count::default(),
        suspicions: Vec::new(),
    };
    let mut deck = Vec::new();
    loop {
        if deck.is_empty() {
            if report.is_over() {
                break;
            }
            deck = shuffled(&mut scene.random, &plan);
        }
        let Some(fault) = deck.pop() else { break };
        scene.a_moment(CALM_MS).await;
        eprintln!(
            "crash: {:6.1} s {fault:?}",
            report.begun.elapsed().as_secs_f64()
        );
        scene.strike(fault).await;
        report.note(fault);
        if report.latest.len() == FAULTS_TO_A_COUNT {
            report.look(&mut scene).await;
            if plan.until.is_some_and(|until| until <= Instant::now()) {
                break;
            }
        }
    }
    report.look(&mut scene).await;
    let text = report.text(&scene);
    eprintln!("{text}");
    let faults = report.faults(&scene);
    assert!(
        faults.is_empty(),
        "seed {}: {}",
        plan.seed,
        faults.join("\n")
    );
    scene.clients.end().await;
    let closing = Instant::now();
    scene.stage.close().await;
    eprintln!("crash: ended in order within {:?}", closing.elapsed());
}

/// Every fault once, in random order; in a long run kills of the engine come more often, and one stop that
/// outlasts an insert's patience.
fn shuffled(random: &mut Random, plan: &Plan) -> Vec<Fault> {
    let mut deck = Fault::QUICK.to_vec();
    if plan.until.is_some() {
        deck.extend([Fault::EngineKilled; 6]);
        deck.extend([Fault::BothKilled; 3]);
        deck.push(Fault::EngineStoppedForLong);
    }
    deck.retain(|fault| format!("{fault:?}").contains(&plan.only));
    assert!(!deck.is_empty(), "no fault is called {}", plan.only);
    for i in (1..deck.len()).rev() {
        deck.swap(i, random.below(i as u64 + 1) as usize);
    }
    deck
}

impl Report {
    fn is_over(&self) -> bool {
        match self.plan.until {
            Some(until) => until <= Instant::now(),
            None => !self.struck.is_empty(),
        }
    }

    fn note(&mut self, fault: Fault) {
        *self.struck.entry(fault).or_default() += 1;
        self.latest.push(fault);
    }

    /// Waits until nothing is under way and everything is shipped, counts, and lets the clients go on.
    async fn look(&mut self, scene: &mut Scene) {
        scene.clients.order(Mode::Paused);
        wait_for("every request to be answered", async || {
            scene.stage.check_alive();
            (scene.book.under_way() == 0).then_some(())
        })
        .await;
        wait_for("everything to be shipped", async || {
            let shipped = |signal| scene.stage.spool(signal).is_shipped();
            Signal::ALL.into_iter().all(shipped).then_some(())
        })
        .await;
        scene.stage.store_answers().await;
        for signal in Signal::ALL {
            let there = scene.stage.spool(signal).bytes();
            let told = scene.stage.spool_bytes_told(signal).await;
            if told != there {
                let signal = signal.as_str();
                self.suspicions.push(format!(
                    "the spool of {signal} has {there} bytes and is believed to have {told} after {:?}",
                    self.latest
                ));
            }
        }
        let count = Count::take(&scene.stage.store(), &scene.book).await;
        if count.sins() != self.count.sins() {
            let [before, now] = [self.count.sins(), count.sins()];
            let suspicion = format!("{before:?}, then {now:?} after {:?}", self.latest);
            eprintln!("crash: {suspicion}");
            self.suspicions.push(suspicion);
        }
        self.count = count;
        self.latest.clear();
        scene.clients.order(Mode::Steady);
    }

    /// Everything that is not as it should be.
    fn faults(&self, scene: &Scene) -> Vec<String> {
        let mut faults = self.suspicions.clone();
        if self.count.sins() != Sins::default() {
            faults.push("what was acknowledged is not what is stored, once".to_owned());
            faults.extend(self.count.examples.iter().cloned());
        }
        if self.count.acknowledged() == 0 {
            faults.push("nothing was ever acknowledged".to_owned());
        }
        let silent = scene.book.heard.silent.load(Relaxed);
        if silent > 0 {
            faults.push(format!("{silent} requests were not answered at all"));
        }
        let letters: Vec<String> = Signal::ALL
            .into_iter()
            .flat_map(|signal| scene.stage.spool(signal).dead_letters())
            .collect();
        let destroyed = scene.destroyed;
        if letters.len() != destroyed {
            faults.push(format!(
                "{destroyed} frames were destroyed, dead letters are: {letters:?}"
            ));
        }
        faults.extend(scene.book.complaints().into_iter().take(10));
        let log = scene.stage.log();
        let confesses = |line: &&str| CONFESSIONS.iter().any(|word| line.contains(word));
        faults.extend(log.lines().filter(confesses).take(10).map(str::to_owned));
        faults
    }

    fn text(&self, scene: &Scene) -> String {
        let mut text = String::new();
        let elapsed = Duration::from_secs(self.begun.elapsed().as_secs());
        let (kills, heard) = (scene.stage.kills, &scene.book.heard);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "\ncrash test, seed {}, {elapsed:?}: the product was killed {} times, the engine {} times",
            self.plan.seed, kills.product, kills.engine
        );
        for (fault, times) in &self.struck {
            let _ = writeln!(text, "{times:>6} {fault:?}");
        }
        let _ = writeln!(
            text,
            "clients heard \"send again\" {} times ({} times because the spool was full), lost {} \
             connections, heard nothing {} times; the disk failed {} calls",
            heard.refused.load(Relaxed),
            heard.full.load(Relaxed),
            heard.broken.load(Relaxed),
            heard.silent.load(Relaxed),
            scene.stage.disk.failures()
        );
        let _ = writeln!(text, "{}", self.count);
        text
    }
}
