//! Sending requests: a bounded number at once, each tried again as OTLP says, counted at the end.

mod grpc;
mod http;
pub mod json;
mod retry;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::function::{Encoding, Platform};
use crate::otlp::batch::{Counts, Request, Signal};
pub use retry::{Answer, Patience};

/// Which encodings the fleet speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// Each function as its exporter does.
    #[default]
    Mixed,
    /// OTLP/gRPC only.
    Grpc,
    /// OTLP/HTTP only: JSON where the exporter writes JSON, protobuf elsewhere.
    Http,
}

impl Protocol {
    /// The encoding of a request whose exporter prefers `wish`.
    fn encoding(self, wish: Encoding) -> Encoding {
        match (self, wish) {
            (Self::Mixed, wish) => wish,
            (Self::Grpc, _) => Encoding::Grpc,
            (Self::Http, Encoding::Grpc) => Encoding::HttpProtobuf,
            (Self::Http, wish) => wish,
        }
    }
}

/// Where and how to send.
#[derive(Clone, Debug)]
pub struct Target {
    /// OTLP/gRPC endpoint, `http://host:port`.
    pub grpc: String,
    /// OTLP/HTTP base, `http://host:port`; `/v1/traces` and so on are appended.
    pub http: String,
    /// Which encodings.
    pub protocol: Protocol,
    /// Headers of every request, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Requests under way at once, 1 or more; also bounds memory: each is about 1 MB.
    pub in_flight: usize,
    /// How long to try again.
    pub patience: Patience,
}

/// What became of everything sent.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Accepted, by platform in the order of [`Platform::ALL`].
    pub sent: [Counts; Platform::ALL.len()],
    /// Refused item by item, through partial success.
    pub refused: Counts,
    /// In requests that were refused as a whole or given up.
    pub lost: Counts,
    /// Requests that had to be tried again, and how often.
    pub retries: u64,
    /// The first few things the receiver complained of.
    pub complaints: Vec<String>,
}

/// Complaints remembered; each is cut to 300 characters, so a hostile receiver cannot fill memory.
const COMPLAINTS_MAX: usize = 8;

impl Report {
    /// Whether anything was finally lost.
    pub fn lossless(&self) -> bool {
        self.refused.total() == 0 && self.lost.total() == 0
    }

    fn complain(&mut self, text: &str) {
        if self.complaints.len() < COMPLAINTS_MAX {
            let clean = text
                .chars()
                .take(300)
                .flat_map(char::escape_debug)
                .collect();
            self.complaints.push(clean);
        }
    }

    fn settle(&mut self, request: &Request, outcome: Outcome) {
        self.retries += u64::from(outcome.retries);
        match outcome.end {
            End::Accepted => self.add_sent(request),
            End::Partly { rejected, message } => {
                self.add_sent(request);
                let refused = match request.signal() {
                    Signal::Traces => Counts {
                        spans: rejected,
                        ..Counts::default()
                    },
                    Signal::Logs => Counts {
                        logs: rejected,
                        ..Counts::default()
                    },
                    Signal::Metrics => Counts {
                        points: rejected,
                        ..Counts::default()
                    },
                };
                self.refused.add(&refused);
                self.complain(&message);
            }
            End::Lost(why) => {
                self.lost.add(&request.total());
                self.complain(&why);
            }
        }
    }

    fn add_sent(&mut self, request: &Request) {
        self.sent
            .iter_mut()
            .zip(&request.counts)
            .for_each(|(a, b)| a.add(b));
    }
}

/// How the sending of one request ended.
struct Outcome {
    end: End,
    retries: u32,
}

enum End {
    Accepted,
    Partly { rejected: u64, message: String },
    Lost(String),
}

/// Sends requests.
pub struct Sender {
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    tasks: JoinSet<()>,
    report: Arc<Mutex<Report>>,
}

struct Shared {
    target: Target,
    grpc: grpc::Client,
    http: http::Client,
}

impl Sender {
    /// A sender; connections are made with the first request.
    ///
    /// # Errors
    /// Endpoints that are no `http://` URLs, headers that HTTP forbids.
    pub fn new(target: Target) -> Result<Self> {
        for url in [&target.grpc, &target.http] {
            if !url.starts_with("http://") {
                bail!("endpoint '{url}' must begin with http://: the fleet speaks no TLS");
            }
        }
        let grpc = grpc::Client::new(&target.grpc, &target.headers)
            .with_context(|| format!("prepare OTLP/gRPC to {}", target.grpc))?;
        let http = http::Client::new(&target.http, &target.headers)
            .with_context(|| format!("prepare OTLP/HTTP to {}", target.http))?;
        Ok(Self {
            slots: Arc::new(Semaphore::new(target.in_flight.max(1))),
            shared: Arc::new(Shared { target, grpc, http }),
            tasks: JoinSet::new(),
            report: Arc::default(),
        })
    }

    /// Sends a request in the background; waits while too many are under way.
    pub async fn send(&mut self, request: Request) {
        // The semaphore is never closed, so there is always a permit in the end.
        let Ok(permit) = Arc::clone(&self.slots).acquire_owned().await else {
            return;
        };
        while self.tasks.try_join_next().is_some() {}
        let (shared, report) = (Arc::clone(&self.shared), Arc::clone(&self.report));
        self.tasks.spawn(async move {
            let outcome = shared.deliver(&request).await;
            report
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .settle(&request, outcome);
            drop(permit);
        });
    }

    /// Waits for what is under way and tells what became of everything.
    pub async fn finish(mut self) -> Report {
        while self.tasks.join_next().await.is_some() {}
        self.report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What became of everything so far.
    pub fn report(&self) -> Report {
        self.report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Shared {
    async fn deliver(&self, request: &Request) -> Outcome {
        let encoding = self.target.protocol.encoding(request.encoding);
        let patience = self.target.patience;
        let mut retries = 0;
        loop {
            let answer = match encoding {
                Encoding::Grpc => self.grpc.export(request).await,
                Encoding::HttpProtobuf => self.http.export(request, false).await,
                Encoding::HttpJson => self.http.export(request, true).await,
            };
            let end = match answer {
                Answer::Accepted => End::Accepted,
                Answer::Partly { rejected, message } => End::Partly { rejected, message },
                Answer::Refused(why) => End::Lost(why),
                Answer::Later { after, why } => match patience.wait(retries, after) {
                    Some(wait) => {
                        retries += 1;
                        tokio::time::sleep(wait).await;
                        continue;
                    }
                    None => End::Lost(format!("given up after {retries} retries: {why}")),
                },
            };
            return Outcome { end, retries };
        }
    }
}
