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
    /// What webhooks may do about incidents; read at the start.
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
    ) -> anyhow::Result<Option<Keeper>> {
        if !self.incidents.enabled {
            return Ok(None);
        }
        let connector = Connector::new(self.guard()?);
        let sender = Sender::new(connector, external_url, store::clock::now)?;
        let work = Work::new(Runbook::all(&self.runbooks)?, sender);
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
    /// Our own file, which may have a section `alerting`.
    config: PathBuf,
}

impl Source {
    /// Of what was named on the command line and in the file.
    pub fn new(section: Section, config: Option<&Path>) -> Self {
        let config = config.unwrap_or(Path::new(config::DEFAULT_FILE)).to_owned();
        Self { section, config }
    }

    /// Reads it; the flag says whether there is any.
    fn read(&self) -> anyhow::Result<(Setup, bool)> {
        let (file, config) = match &self.section.file {
            Some(file) => (file, Some(alerts::load_to_send(file)?)),
            None if self.config.exists() => (&self.config, alerts::load_section(&self.config)?),
            None => (&self.config, None),
        };
        let connector = Connector::new(self.section.guard()?);
        let mut setup = alerts::ready(file, config.as_ref(), &connector)?;
        let incidents = self.section.incidents;
        setup.routing.by_incident = incidents.enabled && incidents.group;
        Ok((setup, config.is_some()))
    }
}

/// Alerting that runs, with what feeds it.
pub struct Alerting {
    running: Running,
    source: Source,
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
    let (setup, configured) = source
        .read()
        .context("reading the configuration of alerting")?;
    if !configured {
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
    let running = run::start(options, setup)?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![tokio::spawn(reload_on_hangup(
        running.handle(),
        source.clone(),
        stopped.clone(),
    ))];
    if let Some(store) = store {
        let handle = running.handle();
        let (kept, notes) = mpsc::channel(history::BEHIND_MAX);
        let keeper = source.section.keeper(&store, &external_url, notes)?;
        let kept = keeper.is_some().then_some(kept);
        let keep = history::keep(store.clone(), handle.clone(), kept, stopped.clone());
        tasks.push(tokio::spawn(keep));
        let follow = ::alerts::findings::follow(store, handle, external_url, keeper, stopped);
        tasks.push(tokio::spawn(follow));
    }
    Ok(Alerting {
        running,
        source,
        stop,
        tasks,
    })
}

impl Alerting {
    /// As the dashboard serves it.
    pub fn served(&self) -> dashboard::Alerting {
        let (handle, source) = (self.running.handle(), self.source.clone());
        dashboard::Alerting {
            handle: handle.clone(),
            reload: Arc::new(move || {
                let (handle, source) = (handle.clone(), source.clone());
                Box::pin(async move {
                    let reloaded = reload(&handle, &source).await;
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

/// Either all of the new configuration holds, or all of the old one.
async fn reload(handle: &Handle, source: &Source) -> anyhow::Result<()> {
    let source = source.clone();
    let read = tokio::task::spawn_blocking(move || source.read());
    match read.await? {
        Ok((setup, _)) => {
            handle.reload(setup).await?;
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

async fn reload_on_hangup(handle: Handle, source: Source, mut stop: watch::Receiver<bool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        return;
    };
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = hangup.recv() => {
                // Told in the log; there is nobody else to tell.
                let _ = reload(&handle, &source).await;
            }
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could tell us is gone, which ends us too.
    let _ = stop.wait_for(|stop| *stop).await;
}
