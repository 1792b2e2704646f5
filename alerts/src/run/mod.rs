//! The running of alerting: one owner of the state on a thread of its own. Requests come in as jobs,
//! messages go out through the [`Pool`], and nothing leaves, neither an answer nor a message, before the
//! journal has what it rests on.

mod counters;
mod owner;
mod setup;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use store::model::UnixNano;
use tokio::sync::{mpsc, oneshot};

use crate::delivery::Pool;
use crate::dispatch::Machine;
use crate::journal::{self, Journal};
use owner::Owner;

pub use counters::Counters;
pub use setup::{Setup, SetupError};

/// Requests that wait for the owner; more wait at their connections.
const JOBS_MAX: usize = 1_024;
/// When nobody could tell us anything for longer than this, sources get [`GRACE_NANOS`] to say what still
/// fires before what ended meanwhile is believed to be over.
const AWAY_NANOS: i64 = 30 * 1_000_000_000;
/// Prometheus repeats alerts once a minute.
const GRACE_NANOS: i64 = 75 * 1_000_000_000;

/// What a job works on.
#[derive(Debug)]
pub struct Desk {
    /// Decides and remembers.
    pub machine: Machine,
    /// The configuration as it may be shown: without secrets.
    pub shown: String,
    /// When this process began.
    pub started_at: UnixNano,
}

/// Nobody may be told yes: the change is not on the disk, or alerting has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The journal cannot be written.
    #[error("the journal of alerts cannot be written, so nothing was promised; send it again")]
    Unwritten,
    /// The end has come.
    #[error("alerting has stopped")]
    Stopped,
}

type Reply = Box<dyn FnOnce(bool) + Send>;
type Job = Box<dyn FnOnce(&mut Desk, UnixNano) -> Reply + Send>;

enum Command {
    /// Runs at once; its reply waits for the disk.
    Job(Job),
    /// The same for reading: nothing has to be written for it.
    Look(Job),
    Reload(Box<Setup>, oneshot::Sender<()>),
    Stop,
}

/// The way to the owner, for whoever serves requests.
#[derive(Clone)]
pub struct Handle {
    jobs: mpsc::Sender<Command>,
    counters: Arc<Counters>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

impl Handle {
    /// Changes the state; answers when the change is on the disk.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn change<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk, UnixNano) -> R + Send + 'static,
    ) -> Result<R, Refused> {
        self.ask(Command::Job, job).await
    }

    /// Looks at the state.
    ///
    /// # Errors
    /// [`Refused::Stopped`].
    pub async fn look<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Desk, UnixNano) -> R + Send + 'static,
    ) -> Result<R, Refused> {
        self.ask(Command::Look, |desk, now| job(desk, now)).await
    }

    async fn ask<R: Send + 'static>(
        &self,
        kind: fn(Job) -> Command,
        job: impl FnOnce(&mut Desk, UnixNano) -> R + Send + 'static,
    ) -> Result<R, Refused> {
        let (told, heard) = oneshot::channel();
        let job: Job = Box::new(|desk, now| {
            let came = job(desk, now);
            // Whoever went away does not care.
            Box::new(move |written| {
                let _ = told.send(written.then_some(came));
            })
        });
        self.jobs
            .send(kind(job))
            .await
            .map_err(|_| Refused::Stopped)?;
        match heard.await {
            Ok(Some(came)) => Ok(came),
            Ok(None) => Err(Refused::Unwritten),
            Err(_) if self.is_running() => Err(Refused::Unwritten),
            Err(_) => Err(Refused::Stopped),
        }
    }

    /// Whether there is somebody at the other end. Nothing but a fault of ours or the end stops him.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// How it stands.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Goes on under another configuration, from one moment to the next.
    ///
    /// # Errors
    /// [`Refused::Stopped`].
    pub async fn reload(&self, setup: Setup) -> Result<(), Refused> {
        let (told, heard) = oneshot::channel();
        let command = Command::Reload(Box::new(setup), told);
        self.jobs
            .send(command)
            .await
            .map_err(|_| Refused::Stopped)?;
        heard.await.map_err(|_| Refused::Stopped)
    }
}

/// What alerting needs to start.
#[derive(Debug)]
pub struct Options {
    /// Where the journal lies.
    pub folder: PathBuf,
    /// How long after the start no group is flushed, so that sources can tell what still fires. What is
    /// in the journal needs no such wait.
    pub start_delay: std::time::Duration,
    /// Where people reach us, for links.
    pub external_url: String,
    /// Says what time it is.
    pub clock: fn() -> UnixNano,
}

/// Why alerting does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its memory cannot be read.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The machine gives no thread.
    #[error("starting the thread of alerting")]
    Thread(#[source] std::io::Error),
}

/// Alerting that runs.
#[derive(Debug)]
pub struct Running {
    handle: Handle,
    ended: oneshot::Receiver<()>,
}

impl Running {
    /// The way to it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Ends it. Messages under way may still arrive; they will be sent again then, with the same ids.
    pub async fn stop(self) {
        // An error means that it has ended already.
        let _ = self.handle.jobs.send(Command::Stop).await;
        let _ = self.ended.await;
    }
}

/// Goes on where the journal ends. Must be called within the runtime that messages are sent from.
///
/// # Errors
/// [`StartError`].
pub fn start(options: Options, setup: Setup) -> Result<Running, StartError> {
    let (journal, state) = Journal::open(&options.folder)?;
    let now = (options.clock)();
    let (told, heard) = mpsc::unbounded_channel();
    let delay = i64::try_from(options.start_delay.as_nanos()).unwrap_or(i64::MAX);
    let not_before = UnixNano(now.0.saturating_add(delay));
    let pool = Pool::new(
        setup.outlets,
        setup.templates,
        &options.external_url,
        options.clock,
        told,
    );
    let mut machine = Machine::new(setup.routing, state, now, not_before);
    let silent_since = journal.last_written();
    if now.0.saturating_sub(silent_since.0) > AWAY_NANOS {
        let until = UnixNano(now.0.saturating_add(GRACE_NANOS));
        machine.believe(silent_since, now, until);
    }
    machine.enable_mended(&setup.settings);
    let desk = Desk {
        machine,
        shown: setup.shown,
        started_at: now,
    };
    let counters = Arc::new(Counters::default());
    let told = Arc::clone(&counters);
    let mut owner = Owner::new(desk, journal, pool, options.clock, setup.settings, told);
    owner.note_config(now);
    let (jobs, waiting) = mpsc::channel(JOBS_MAX);
    let (ends, ended) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let work = move || {
        runtime.block_on(owner.run(waiting, heard));
        let _ = ends.send(());
    };
    let thread = std::thread::Builder::new().name("alerts".to_owned());
    thread.spawn(work).map_err(StartError::Thread)?;
    Ok(Running {
        handle: Handle { jobs, counters },
        ended,
    })
}
