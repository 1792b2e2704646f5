//! The one that owns the state: jobs, results and time come in, and in each turn the journal is written
//! before anything goes out. Whatever comes while the disk is busy shares the next turn (group commit).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use store::model::UnixNano;
use tokio::sync::mpsc;

use super::{Command, Counters, Desk, Reply, Setup};
use crate::delivery::{Attempt, Pool};
use crate::dispatch::Note;
use crate::journal::{Batch, Journal};
use crate::model::{Integration, Notification};

/// Commands of one turn at most, so that messages are not held up by a flood of alerts.
const TURN_COMMANDS_MAX: usize = 256;
/// How soon a journal that could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Longest sleep, in case the machine's clock is set.
const LONGEST: Duration = Duration::from_secs(5);

pub(super) struct Owner {
    desk: Desk,
    journal: Journal,
    pool: Pool,
    clock: fn() -> UnixNano,
    /// What the journal does not hold yet.
    unwritten: Batch,
    /// Answers and messages that wait for it.
    replies: Vec<Reply>,
    due: Vec<(Notification, u32)>,
    /// Whether the last attempt to write failed.
    failing: bool,
    /// What tells the settings of each way out from others.
    settings: BTreeMap<Integration, String>,
    counters: Arc<Counters>,
}

impl Owner {
    pub fn new(
        desk: Desk,
        journal: Journal,
        pool: Pool,
        clock: fn() -> UnixNano,
        settings: BTreeMap<Integration, String>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            desk,
            journal,
            pool,
            clock,
            unwritten: Batch::default(),
            replies: Vec::new(),
            due: Vec::new(),
            failing: false,
            settings,
            counters,
        }
    }

    pub async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut results: mpsc::UnboundedReceiver<Attempt>,
    ) {
        let mut goes_on = true;
        while goes_on {
            self.turn();
            let sleep = tokio::time::sleep(self.sleep());
            tokio::select! {
                command = commands.recv() => goes_on = self.take(command),
                Some(attempt) = results.recv() => self.tried(attempt),
                () = sleep => {}
            }
            for _ in 1..TURN_COMMANDS_MAX {
                match commands.try_recv() {
                    Ok(command) if goes_on => goes_on = self.take(Some(command)),
                    _ => break,
                }
            }
            while let Ok(attempt) = results.try_recv() {
                self.tried(attempt);
            }
        }
        self.turn();
    }

    /// How long nothing happens by itself.
    fn sleep(&self) -> Duration {
        if self.failing {
            return AGAIN;
        }
        let Some(next) = self.desk.machine.next_at() else {
            return LONGEST;
        };
        let nanos = next.0.saturating_sub((self.clock)().0);
        Duration::from_nanos(nanos.max(0).unsigned_abs()).min(LONGEST)
    }

    /// Takes a command; false when it was the last.
    fn take(&mut self, command: Option<Command>) -> bool {
        let now = (self.clock)();
        match command {
            None | Some(Command::Stop) => return false,
            Some(Command::Look(job)) => job(&mut self.desk, now)(true),
            // What cannot be written is not begun: a dropped job tells whoever waits, and nothing piles up.
            Some(Command::Job(_)) if self.failing => {}
            Some(Command::Job(job)) => {
                let reply = job(&mut self.desk, now);
                self.replies.push(reply);
            }
            Some(Command::Reload(setup, done)) => {
                self.reload(*setup, now);
                let _ = done.send(());
            }
        }
        true
    }

    fn reload(&mut self, setup: Setup, now: UnixNano) {
        self.desk.machine.reload(setup.routing, now);
        self.pool = self.pool.reloaded(setup.outlets, setup.templates);
        self.desk.shown = setup.shown;
        self.settings = setup.settings;
        self.desk.machine.enable_mended(&self.settings);
        self.note_config(now);
    }

    /// Remembers which configuration decides from now on.
    pub fn note_config(&mut self, now: UnixNano) {
        let text = self.desk.shown.clone();
        self.desk.machine.note(Note::Config { at: now, text });
    }

    /// What came of an attempt.
    fn tried(&mut self, attempt: Attempt) {
        let now = (self.clock)();
        let machine = &mut self.desk.machine;
        let why = || attempt.reason.clone();
        match attempt.retry_at {
            _ if attempt.delivered() => machine.sent(&attempt.id, now),
            Some(at) => machine.failed(&attempt.id, &why(), at, attempt.named),
            None => machine.died(&attempt.id, &why(), now),
        }
        if !attempt.delivered() {
            tracing::warn!(
                id = attempt.id,
                to = %attempt.integration,
                attempt = attempt.attempt,
                reason = attempt.reason,
                again = attempt.retry_at.is_some(),
                "a notification was not delivered"
            );
        }
        self.counters.tried(attempt.delivered());
        if attempt.disable {
            let way = &attempt.integration;
            let settings = self.settings.get(way).cloned().unwrap_or_default();
            machine.disable(way.clone(), settings, now);
        }
        machine.note(Note::Attempt(attempt));
    }

    /// Lets time work, writes, answers, sends.
    fn turn(&mut self) {
        // While nothing can be written time stands still, or what waits for the disk would grow with it.
        if !self.failing {
            self.pass_time((self.clock)());
        }
        let written = self.write();
        let bytes = self.journal.bytes();
        self.counters.see(&self.desk, bytes, self.failing);
        for reply in self.replies.drain(..) {
            reply(written);
        }
        if written {
            for (message, attempt) in self.due.drain(..) {
                self.pool.send(message, attempt);
            }
        }
    }

    fn pass_time(&mut self, now: UnixNano) {
        let machine = &mut self.desk.machine;
        machine.tick(now);
        for message in machine.due(now) {
            if machine
                .state()
                .disabled()
                .contains_key(&message.integration)
            {
                let why = "the receiver said that it is gone for good (410); mend its settings or enable it";
                machine.died(&message.id, why, now);
                continue;
            }
            let attempts = machine.state().outbox().attempts(&message.id);
            self.due.push((message, attempts + 1));
        }
    }

    /// Brings the journal up to the state; false when it is not.
    fn write(&mut self) -> bool {
        let changes = self.desk.machine.take_changes();
        let added = self.unwritten.add(&changes);
        if added.is_ok() && self.unwritten.is_empty() {
            return true;
        }
        match added.and_then(|()| self.journal.append(&self.unwritten)) {
            Ok(()) => {
                self.unwritten.clear();
                if self.failing {
                    tracing::info!("the journal of alerts can be written again");
                }
                self.failing = false;
            }
            Err(error) => {
                if !self.failing {
                    tracing::error!(%error, "the journal of alerts cannot be written: nothing is taken or sent");
                }
                self.failing = true;
                return false;
            }
        }
        if self.journal.has_grown()
            && let Err(error) = self.journal.write_anew(self.desk.machine.state())
        {
            tracing::warn!(%error, "the journal of alerts cannot be written anew; it goes on growing");
        }
        true
    }
}
