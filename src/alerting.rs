//! `serve --roles alerts`: alerting with the configuration that is meant, read anew on demand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::alerts::dispatch::Note;
use ::alerts::egress::{Connector, Guard};
use ::alerts::history;
use ::alerts::incidents::follow::{self, Keeper};
use ::alerts::run::{self, Handle, Running, Setup};
use ::alerts::runbooks::work::Work;
use ::alerts::runbooks::{self, Runbook, Sender};
use anyhow::Context;
use serde::Deserialize;
use store::Store;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::{alerts, config};

/// The section `alerts:`: how alerting runs here. What it decides by is the section `alerting:`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// A file in Alertmanager's format, instead of the section `alerting`.
    pub file: Option<PathBuf>,
    /// Inner targets that messages may go to: hosts, addresses or networks (`10.1.2.0/24`). All public
    /// ones are allowed, all inner ones refused.
    pub allow: Vec<String>,
    /// How long after a start nothing is sent, ms, so that sources can tell what still fires. Default 0:
    /// the journal knows.
    pub start_delay_ms: u64,
    /// Findings of one cause are one incident.
    pub incidents: follow::Config,
    /// What webhooks may do about incidents; read anew with what alerting decides by.
    pub runbooks: Vec<runbooks::Config>,
}

impl Section {
    /// Checks what types cannot say.
    pub fn validate(&self) -> anyhow::Result<()> {
        Runbook::all(&self.runbooks)?;
        self.guard().map(|_| ())
    }

    /// What keeps incidents in `store`, if they are wanted.
    fn keeper(
        &self,
        store: &Store,
        external_url: &str,
        notes: mpsc::Receiver<Vec<Note>>,
        runbooks: watch::Receiver<Arc<Vec<Runbook>>>,
    ) -> anyhow::Result<Option<Keeper>> {
        if !self.incidents.enabled {
            return Ok(None);
        }
        let connector = Connector::new(self.guard()?);
        let sender = Sender::new(connector, external_url, store::clock::now)?;
        let work = Work::new(runbooks, sender);
        Ok(Some(Keeper::new(store.clone(), work, notes)))
    }

    fn guard(&self) -> anyhow::Result<Guard> {
        Guard::new(&self.allow).context("alerts.allow")
    }
}

/// Where the configuration lies.
#[derive(Clone, Debug)]
pub struct Source {
    section: Section,
    /// Our own file, if one was named.
    named: Option<PathBuf>,
}

/// What a reload replaces, whole.
struct Read {
    setup: Setup,
    /// Whether there is anything that says whom to tell.
    configured: bool,
    runbooks: Arc<Vec<Runbook>>,
}

impl Source {
    /// Of what was named on the command line and in the file.
    pub fn new(section: Section, config: Option<&Path>) -> Self {
        let named = config.map(Path::to_owned);
        Self { section, named }
    }

    /// Reads all of it.
    fn read(&self) -> anyhow::Result<Read> {
        let own = self
            .named
            .as_deref()
            .unwrap_or(Path::new(config::DEFAULT_FILE));
        let (file, config) = match &self.section.file {
            Some(file) => (file.as_path(), Some(alerts::load_to_send(file)?)),
            None if own.exists() => (own, alerts::load_section(own)?),
            None => (own, None),
        };
        let connector = Connector::new(self.section.guard()?);
        let mut setup = alerts::ready(file, config.as_ref(), &connector)?;
        let incidents = self.section.incidents;
        setup.routing.by_incident = incidents.enabled && incidents.group;
        let ours = config::load(self.named.as_deref(), std::env::vars())?;
        Ok(Read {
            setup,
            configured: config.is_some(),
            runbooks: Arc::new(Runbook::all(&ours.alerts.runbooks)?),
        })
    }
}

/// What reads the configuration anew.
#[derive(Clone)]
struct Reloader {
    handle: Handle,
    source: Source,
    runbooks: watch::Sender<Arc<Vec<Runbook>>>,
}

/// Alerting that runs, with what feeds it.
pub struct Alerting {
    running: Running,
    reloader: Reloader,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts it; findings of `store`, if there is one, become alerts.
pub fn start(
    source: Source,
    data: &Path,
    external_url: String,
    store: Option<Store>,
) -> anyhow::Result<Alerting> {
    let read = source
        .read()
        .context("reading the configuration of alerting")?;
    if !read.configured {
        tracing::info!(
            "alerting has no configuration: alerts are kept and shown, and nobody is told of them; \
             write a section alerting or name a file with --alerting"
        );
    }
    let options = run::Options {
        folder: data.join("alerts"),
        start_delay: Duration::from_millis(source.section.start_delay_ms),
        external_url: external_url.clone(),
        clock: store::clock::now,
    };
    let running = run::start(options, read.setup)?;
    let (stop, stopped) = watch::channel(false);
    let (replace, runbooks) = watch::channel(read.runbooks);
    let reloader = Reloader {
        handle: running.handle(),
        source,
        runbooks: replace,
    };
    let hangup = reload_on_hangup(reloader.clone(), stopped.clone());
    let mut tasks = vec![tokio::spawn(hangup)];
    if let Some(store) = store {
        let handle = running.handle();
        let (kept, notes) = mpsc::channel(history::BEHIND_MAX);
        let section = &reloader.source.section;
        let keeper = section.keeper(&store, &external_url, notes, runbooks)?;
        let kept = keeper.is_some().then_some(kept);
        let keep = history::keep(store.clone(), handle.clone(), kept, stopped.clone());
        tasks.push(tokio::spawn(keep));
        let follow = ::alerts::findings::follow(store, handle, external_url, keeper, stopped);
        tasks.push(tokio::spawn(follow));
    }
    Ok(Alerting {
        running,
        reloader,
        stop,
        tasks,
    })
}

impl Alerting {
    /// As the dashboard serves it.
    pub fn served(&self) -> dashboard::Alerting {
        let reloader = self.reloader.clone();
        dashboard::Alerting {
            handle: self.running.handle(),
            reload: Arc::new(move || {
                let reloader = reloader.clone();
                Box::pin(async move {
                    let reloaded = reloader.reload().await;
                    reloaded.map_err(|error| format!("{error:#}"))
                })
            }),
        }
    }

    /// Its numbers for `/metrics`.
    pub fn metrics(&self) -> Arc<dyn Fn() -> String + Send + Sync> {
        let handle = self.running.handle();
        Arc::new(move || handle.counters().page())
    }

    /// Whether it runs: nothing but a fault of ours ends it before it is told to.
    pub fn alive(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let handle = self.running.handle();
        Arc::new(move || handle.is_running())
    }

    /// Ends it; what was not sent is sent after the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of alerting ended badly");
            }
        }
        self.running.stop().await;
    }
}

impl Reloader {
    /// Either all of the new configuration holds, runbooks too, or all of the old one.
    async fn reload(&self) -> anyhow::Result<()> {
        let source = self.source.clone();
        let read = tokio::task::spawn_blocking(move || source.read());
        match read.await? {
            Ok(read) => {
                self.handle.reload(read.setup).await?;
                self.runbooks.send_replace(read.runbooks);
                tracing::info!("the configuration of alerting was read anew");
                Ok(())
            }
            Err(error) => {
                let told = format!("{error:#}");
                tracing::error!(
                    error = told,
                    "the configuration of alerting cannot be used; the old one stays"
                );
                Err(error)
            }
        }
    }
}

async fn reload_on_hangup(reloader: Reloader, mut stop: watch::Receiver<bool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        return;
    };
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = hangup.recv() => {
                // Told in the log; there is nobody else to tell.
                let _ = reloader.reload().await;
            }
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could tell us is gone, which ends us too.
    let _ = stop.wait_for(|stop| *stop).await;
}
