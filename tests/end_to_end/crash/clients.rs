//! Clients that behave as exporters should: the same bytes again until a success is heard.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use fleet::random::Random;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::book::{Book, Signal};
use super::items::Contents;
use super::sender::{Doors, Encoding, Outcome, Sender};

const CLIENTS: u64 = 8;
/// A client begins at most this often, milliseconds: enough for an insert always to be under way, and
/// little enough that the machine has time for restarts.
const PACE_MS: u64 = 50;
/// Pauses between attempts, milliseconds, random between these.
const PAUSE_MS: (f64, f64) = (20.0, 200.0);
/// Now and then a client does not try again, as an exporter whose function is frozen.
const GIVES_UP: f64 = 0.02;
/// Items of a large request: some 300 kB, so that its body is written by itself.
const LARGE_ITEMS: u64 = 1500;

/// What all clients are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Send requests of all sizes, steadily.
    Steady,
    /// Send large ones, as fast as they are taken.
    Heavy,
    /// Begin nothing new.
    Paused,
    /// Finish what was begun and end.
    Ended,
}

/// All clients, running.
pub struct Clients {
    mode: watch::Sender<Mode>,
    tasks: JoinSet<()>,
}

impl Clients {
    pub fn start(seed: u64, book: &Arc<Book>, doors: &watch::Receiver<Doors>) -> Self {
        let (mode, orders) = watch::channel(Mode::Steady);
        let mut tasks = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Client {
                random: Random::named(seed, number, "client", 0),
                book: Arc::clone(book),
                sender: Sender::new(doors.clone()),
                mode: orders.clone(),
            };
            tasks.spawn(client.run());
        }
        Self { mode, tasks }
    }

    pub fn order(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Lets every request come to its end.
    pub async fn end(mut self) {
        self.order(Mode::Ended);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("a client never panics");
        }
    }
}

struct Client {
    random: Random,
    book: Arc<Book>,
    sender: Sender,
    mode: watch::Receiver<Mode>,
}

impl Client {
    async fn run(mut self) {
        let mut pace = interval(Duration::from_millis(PACE_MS));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let going = self.mode.wait_for(|mode| *mode != Mode::Paused).await;
            let Ok(mode) = going.map(|mode| *mode) else {
                return;
            };
            match mode {
                Mode::Ended => return,
                Mode::Heavy => {}
                Mode::Steady | Mode::Paused => drop(pace.tick().await),
            }
            self.send_one(mode == Mode::Heavy).await;
        }
    }

    async fn send_one(&mut self, heavy: bool) {
        let signal = match self.random.below(10) {
            0..6 => Signal::Traces,
            6..8 => Signal::Logs,
            _ => Signal::Metrics,
        };
        let items = match self.random.below(100) {
            _ if heavy => LARGE_ITEMS,
            0 => LARGE_ITEMS,
            1..5 => 20 + self.random.below(200),
            _ => 1 + self.random.below(10),
        };
        let items = u32::try_from(items).expect("few");
        let encoding = Encoding::ALL[self.random.below(3) as usize];
        let contents = Contents {
            signal,
            number: self.book.enter(signal, items),
            items,
            at_ns: store::clock::now().0.cast_unsigned(),
            over_two_days: self.random.chance(0.1),
        };
        let body = match encoding {
            Encoding::HttpJson => contents.json(),
            Encoding::Grpc | Encoding::HttpProtobuf => contents.protobuf(),
        };
        self.repeat(&contents, encoding, body.into()).await;
    }

    async fn repeat(&mut self, contents: &Contents, encoding: Encoding, body: bytes::Bytes) {
        let heard = &self.book.heard;
        loop {
            match self.sender.send(contents.signal, encoding, &body).await {
                Outcome::Acknowledged => return self.book.acknowledge(contents.number),
                Outcome::Refused { full } => {
                    heard.refused.fetch_add(1, Relaxed);
                    heard.full.fetch_add(u64::from(full), Relaxed);
                }
                Outcome::Broken => drop(heard.broken.fetch_add(1, Relaxed)),
                Outcome::Silent => drop(heard.silent.fetch_add(1, Relaxed)),
                Outcome::Wrong(what) => {
                    self.book
                        .complain(format!("{contents:?} by {encoding:?}: {what}"));
                    return self.book.give_up(contents.number);
                }
            }
            if self.random.chance(GIVES_UP) {
                return self.book.give_up(contents.number);
            }
            let pause_ms = self.random.between(PAUSE_MS.0, PAUSE_MS.1);
            sleep(Duration::from_secs_f64(pause_ms / 1000.0)).await;
        }
    }
}
