//! The run: the history as fast as the collector takes it, then live at the pace asked for.

use std::fs::File;
use std::future::Future;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tokio::time::{Duration as Real, Instant};

use crate::cli::{Args, Duration};
use crate::disorder::Disorder;
use crate::function::Platform;
use crate::sim::Sim;
use crate::time::{MINUTE, Ns, SECOND};
use crate::wire::{Report, Sender};

/// Step of the history: bounds what waits in memory between two sendings.
const BACKFILL_STEP: Ns = MINUTE;

/// What a run amounted to.
pub struct Summary {
    /// Invocations by platform in the order of [`Platform::ALL`].
    pub invocations: [u64; Platform::ALL.len()],
    /// What became of their telemetry.
    pub report: Report,
}

impl Summary {
    /// The summary as lines of text: one in all, one per platform, and what went wrong.
    pub fn lines(&self) -> Vec<String> {
        let r = &self.report;
        let mut all = crate::otlp::batch::Counts::default();
        r.sent.iter().for_each(|c| all.add(c));
        let mut lines = vec![format!(
            "fleet: {} invocations; sent {} spans, {} logs, {} data points; refused {}, lost {}, \
             retries {}",
            self.invocations.iter().sum::<u64>(),
            all.spans,
            all.logs,
            all.points,
            r.refused.total(),
            r.lost.total(),
            r.retries
        )];
        for platform in Platform::ALL {
            let (n, c) = (self.invocations[platform.index()], r.sent[platform.index()]);
            if n > 0 {
                lines.push(format!(
                    "  {:<20} {n} invocations, {} spans, {} logs, {} data points",
                    platform.name(),
                    c.spans,
                    c.logs,
                    c.points
                ));
            }
        }
        lines.extend(r.complaints.iter().map(|c| format!("  complaint: {c}")));
        lines
    }
}

/// The parts of a run.
struct Runner {
    sim: Sim,
    network: Disorder,
    sender: Sender,
    truth: Option<BufWriter<File>>,
    /// What is said before this moment was sent by an earlier run.
    send_from: Ns,
}

impl Runner {
    fn new(args: &Args, start: Ns) -> Result<Self> {
        let sim = Sim::new(args.plan(start)?);
        let sender = Sender::new(args.target())?;
        let create = |path: &PathBuf| {
            let file = File::create(path)
                .with_context(|| format!("create the ground truth file {}", path.display()))?;
            Ok::<_, anyhow::Error>(BufWriter::new(file))
        };
        Ok(Self {
            sim,
            network: Disorder::new(args.seed, args.late, args.twice),
            sender,
            truth: args.truth.as_ref().map(create).transpose()?,
            send_from: start.saturating_sub(args.backfill.saturating_sub(args.skip)),
        })
    }

    /// Plays up to `now` and sends what is due by then: full requests, or everything.
    async fn step(&mut self, now: Ns, everything: bool) -> Result<()> {
        self.sim.advance(now);
        self.send(now, everything).await
    }

    /// Lets every instance say its last words at `now`, sends all there is and waits for it.
    async fn finish(mut self, now: Ns) -> Result<Summary> {
        self.sim.finish(now);
        self.send(Ns::MAX, true).await?;
        Ok(Summary {
            invocations: self.sim.invocations(),
            report: self.sender.finish().await,
        })
    }

    async fn send(&mut self, now: Ns, everything: bool) -> Result<()> {
        let lines = self.sim.truth();
        if let Some(file) = &mut self.truth {
            for line in lines {
                writeln!(file, "{line}").context("write the ground truth")?;
            }
            if everything {
                file.flush().context("write the ground truth")?;
            }
        }
        if now <= self.send_from {
            self.sim.said(now).for_each(drop);
            return Ok(());
        }
        let requests = self.sim.requests(now, everything);
        for request in self.network.pass(requests, now) {
            self.sender.send(request).await;
        }
        Ok(())
    }
}

/// Runs the fleet: history up to `start`, then live, until its duration is over or `stop` resolves.
///
/// # Errors
/// The plan cannot be made, the endpoint is no URL, the ground truth cannot be written. What the
/// collector refuses is no error but part of the summary.
pub async fn run(args: &Args, start: Ns, stop: impl Future<Output = ()>) -> Result<Summary> {
    let mut runner = Runner::new(args, start)?;
    let end = match args.duration {
        Duration::For(length) => start.saturating_add(length),
        Duration::Forever => Ns::MAX,
    };
    runner.sim.end_at(end);
    let mut stop = std::pin::pin!(stop);
    let mut now = start - args.backfill;
    while now < start {
        now = (now + BACKFILL_STEP).min(start);
        runner.step(now, now == start).await?;
        let stopped = tokio::select! {
            biased;
            () = &mut stop => true,
            () = std::future::ready(()) => false,
        };
        if stopped {
            return runner.finish(now).await;
        }
    }
    let pace = Pace::new(args.speed, start);
    while now < end {
        let next = now.saturating_add(pace.step).min(end);
        tokio::select! {
            () = tokio::time::sleep_until(pace.due(next)) => {}
            () = &mut stop => break,
        }
        now = next;
        runner.step(now, true).await?;
    }
    runner.finish(now).await
}

/// When a moment of simulated time is due in real time.
struct Pace {
    began: Instant,
    start: Ns,
    speed: f64,
    /// Simulated time between two sendings: one real second, but at least one simulated.
    step: Ns,
}

impl Pace {
    fn new(speed: f64, start: Ns) -> Self {
        let step = (SECOND as f64 * speed.max(1.0)) as Ns;
        Self {
            began: Instant::now(),
            start,
            speed,
            step,
        }
    }

    fn due(&self, at: Ns) -> Instant {
        let real_s = (at - self.start) as f64 / SECOND as f64 / self.speed;
        // A century keeps Instant arithmetic from overflowing at absurd speeds.
        self.began + Real::from_secs_f64(real_s.min(3e9))
    }
}
