//! `nephoscope serve`: builds the parts in the order of the way, runs them, drains in the same order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use analyzers::cost::Books;
use analyzers::slo::catalogue::Sources;
use collector::{Collector, observe};
use dashboard::{Dashboard, Deps, IngestAddresses};
use store::Store;
use store::engine::{DataLock, Engine};
use store::usage::Terms;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::alerting::{self, Alerting};
use crate::{banner, config, config::Config, engine, live, logging, metrics, rules, slo};

/// A store that takes longer to say that it is there is not there.
const READY_PATIENCE: Duration = Duration::from_secs(2);

/// Options of `nephoscope serve`; each overrides the configuration file and the environment.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration file; default `nephoscope.yaml` if it is there.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data folder; default `./nephoscope-data`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// What to run here.
    #[arg(
        long,
        value_delimiter = ',',
        value_enum,
        default_value = "collector,analyzers,alerts,dashboard"
    )]
    roles: Vec<Role>,
    /// A ClickHouse server or cluster: http://user:password@host:8123/database.
    #[arg(long)]
    clickhouse_url: Option<String>,
    /// Address for OTLP/gRPC; default 127.0.0.1:4317.
    #[arg(long)]
    otlp_grpc_listen: Option<SocketAddr>,
    /// Address for OTLP/HTTP; default 127.0.0.1:4318.
    #[arg(long)]
    otlp_http_listen: Option<SocketAddr>,
    /// Address for pages and API; default 127.0.0.1:8080.
    #[arg(long)]
    dashboard_listen: Option<SocketAddr>,
    /// A file in Alertmanager's format, instead of the section `alerting` of the configuration file.
    #[arg(long)]
    alerting: Option<PathBuf>,
}

/// A part of the product that can run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    Collector,
    Analyzers,
    /// What analyzers do about threats, alone: for a process of its own beside one with
    /// `threats.with_analyzers: false`.
    Threats,
    Alerts,
    Dashboard,
}

/// Runs until SIGINT or SIGTERM.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let roles = arguments.roles.clone();
    let file = arguments.config.clone();
    let files = slo::watched(slo::folder(arguments.config.as_deref()));
    let rules = rules::folder(arguments.config.as_deref());
    let config = configuration(arguments)?;
    let slos = Sources {
        files,
        queries: config.slos.queries,
    };
    logging::start(&config.log)?;
    let signal = stop_signal()?; // before anything starts, so that no early signal is lost
    let mut signal = std::pin::pin!(signal);
    let lock = DataLock::acquire(&config.data_folder())?;
    let source = alerting::Source::new(config.alerts.clone(), file.as_deref());
    let database = tokio::select! {
        database = open(&config, &roles) => database?,
        () = &mut signal => return Ok(()), // the engine, if it was starting, ends with us
    };
    let (store, engine) = database.map_or((None, None), |database| {
        (Some(database.store), database.engine)
    });
    let parts = tokio::select! {
        parts = Parts::start(&config, &roles, store, source, (slos, rules)) => parts,
        () = &mut signal => Err(anyhow::anyhow!("told to stop before everything had started")),
    };
    if let Ok(parts) = &parts {
        parts.print_banner();
        signal.await;
        tracing::info!("stopping");
    }
    let result = match parts {
        Ok(parts) => {
            parts.stop().await;
            Ok(())
        }
        Err(error) => Err(error),
    };
    stop_engine(engine).await;
    drop(lock);
    result
}

/// The store, unless nothing that runs needs one: alerting alone, with no database named, takes alerts
/// from others only.
async fn open(config: &Config, roles: &[Role]) -> anyhow::Result<Option<engine::Database>> {
    let alone = roles.iter().all(|role| *role == Role::Alerts);
    if alone && config.clickhouse_url()?.is_none() {
        return Ok(None);
    }
    engine::open(config).await.map(Some)
}

fn configuration(arguments: Arguments) -> anyhow::Result<Config> {
    let mut config = config::load(arguments.config.as_deref(), std::env::vars())?;
    config.data = arguments.data.or(config.data);
    if arguments.clickhouse_url.is_some() {
        config.clickhouse = config::ClickHouse {
            url: arguments.clickhouse_url,
            url_file: None,
        };
    }
    if let Some(address) = arguments.otlp_grpc_listen {
        config.collector.grpc_listen = address;
    }
    if let Some(address) = arguments.otlp_http_listen {
        config.collector.http_listen = address;
    }
    if let Some(address) = arguments.dashboard_listen {
        config.dashboard.listen = address;
    }
    config.alerts.file = arguments.alerting.or(config.alerts.file);
    // Unless it was put elsewhere, the spool lies in the data folder, wherever that is.
    if config.collector.spool.folder == collector::SpoolSection::default().folder {
        config.collector.spool.folder = config.data_folder().join("spool");
    }
    config.validate()?;
    Ok(config)
}

/// What runs, in the order of the data's way.
#[derive(Default)]
struct Parts {
    collector: Option<Collector>,
    analyzers: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    threats: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    alerting: Option<Alerting>,
    dashboard: Option<Dashboard>,
    /// Serves alerting where no dashboard does.
    alerts_alone: Option<Dashboard>,
}

impl Parts {
    async fn start(
        config: &Config,
        roles: &[Role],
        store: Option<Store>,
        source: alerting::Source,
        (slos, rules): (Sources, PathBuf),
    ) -> anyhow::Result<Self> {
        let mut parts = Self::default();
        let runs = |role| roles.contains(&role);
        if let Some(store) = &store {
            migrate(store).await?;
        }
        if let Some(store) = store.clone().filter(|_| runs(Role::Collector)) {
            parts.collector = Some(collector::start(config.collector.clone(), store).await?);
        }
        let books = Arc::new(Books::load(&config.costs)?);
        if let Some(store) = store.clone().filter(|_| runs(Role::Analyzers)) {
            parts.analyzers = Some(start_analyzers(
                config,
                &books,
                store,
                (slos.clone(), rules.clone()),
            ));
        }
        // Beside analyzers that do it themselves it would be done twice.
        let apart = !(runs(Role::Analyzers) && config.threats.with_analyzers);
        if let Some(store) = store.clone().filter(|_| runs(Role::Threats) && apart) {
            parts.threats = Some(start_threats(config, store, rules));
        }
        if runs(Role::Alerts) {
            let url = external_url(&config.dashboard);
            let data = config.data_folder();
            parts.alerting = Some(alerting::start(source, &data, url, store.clone())?);
        }
        let alerting = parts.alerting.as_ref();
        match (store.filter(|_| runs(Role::Dashboard)), alerting) {
            (Some(store), alerting) => {
                let deps = deps(
                    config,
                    store,
                    books,
                    slos,
                    parts.collector.as_ref(),
                    alerting,
                );
                parts.dashboard = Some(dashboard::start(config.dashboard.clone(), deps).await?);
            }
            (None, Some(alerting)) => {
                let (served, metrics) = (alerting.served(), alerting.metrics());
                let alone = dashboard::start_alone(config.dashboard.clone(), served, metrics);
                parts.alerts_alone = Some(alone.await?);
            }
            (None, None) => {}
        }
        Ok(parts)
    }

    fn print_banner(&self) {
        banner::print(
            self.collector.as_ref().map(Collector::grpc_addr),
            self.collector.as_ref().map(Collector::http_addr),
            self.dashboard.as_ref().map(Dashboard::addr),
            self.alerts_alone.as_ref().map(Dashboard::addr),
        );
    }

    async fn stop(self) {
        if let Some(collector) = self.collector {
            collector.stop().await;
        }
        for (stop, task) in [self.analyzers, self.threats].into_iter().flatten() {
            stop.send_replace(true);
            if let Err(error) = task.await {
                tracing::error!(%error, "the analyzers ended badly");
            }
        }
        if let Some(alerting) = self.alerting {
            alerting.stop().await;
        }
        for dashboard in [self.dashboard, self.alerts_alone].into_iter().flatten() {
            dashboard.stop().await;
        }
    }
}

async fn migrate(store: &Store) -> anyhow::Result<()> {
    let steps = store::migrate::migrate(store).await?;
    if let Some(last) = steps.last() {
        tracing::info!(
            steps = steps.len(),
            last = last.name,
            "the schema was migrated"
        );
    }
    Ok(())
}

/// Where people open pages, for links in messages. Without `dashboard.public_url` that is a guess: the
/// machine's own name where pages are served to others, for an unspecified address leads nowhere.
fn external_url(config: &dashboard::Config) -> String {
    config.public_url.clone().unwrap_or_else(|| {
        let listen = config.listen;
        if !listen.ip().is_unspecified() {
            return format!("http://{listen}");
        }
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = match name.trim() {
            "" => "localhost",
            name => name,
        };
        let url = format!("http://{name}:{}", listen.port());
        tracing::info!(
            url,
            "links in messages lead there; set dashboard.public_url if people know it by another"
        );
        url
    })
}

fn start_analyzers(
    config: &Config,
    books: &Arc<Books>,
    store: Store,
    (slos, rules): (Sources, PathBuf),
) -> (watch::Sender<bool>, JoinHandle<()>) {
    let (stop, stopped) = watch::channel(false);
    let config = analyzers::run::Config {
        retention: config.retention.clone(),
        terms: terms(config, books),
        books: Arc::clone(books),
        detectors: config.detectors(),
        slos,
        threats: config
            .threats
            .with_analyzers
            .then(|| threats(config, rules)),
    };
    let run = analyzers::run::run(store, config, stopped);
    (stop, tokio::spawn(run))
}

fn start_threats(
    config: &Config,
    store: Store,
    rules: PathBuf,
) -> (watch::Sender<bool>, JoinHandle<()>) {
    let (stop, stopped) = watch::channel(false);
    let config = threats(config, rules);
    let run = async move { analyzers::threat_watch::keep(&store, config, stopped).await };
    (stop, tokio::spawn(run))
}

fn threats(config: &Config, rules: PathBuf) -> analyzers::threat_watch::Config {
    analyzers::threat_watch::Config {
        rules: Some(rules),
        logs: config.threats.logs,
    }
}

/// How usage is counted: by the rules of the books, with what the owner says of functions.
fn terms(config: &Config, books: &Arc<Books>) -> Terms {
    let sizes = format!("{:?}", config.costs.functions);
    let of = Arc::clone(books);
    Terms::new(books.rules(), &sizes, move |id| of.size_of(id))
}

fn deps(
    config: &Config,
    store: Store,
    books: Arc<Books>,
    slos: Sources,
    collector: Option<&Collector>,
    alerting: Option<&Alerting>,
) -> Deps {
    let ingest = IngestAddresses {
        grpc: collector.map_or(config.collector.grpc_listen, Collector::grpc_addr),
        http: collector.map_or(config.collector.http_listen, Collector::http_addr),
    };
    let asked = store.clone();
    let counters = collector.map(Collector::counters);
    let of_alerting = alerting.map(Alerting::metrics);
    let alive = alerting.map(Alerting::alive);
    let live = collector.map(|collector| live::of(collector, &config.collector));
    Deps {
        store,
        books,
        slos,
        ingest,
        keys_required: !config.collector.keys.is_empty(),
        ready: Arc::new(move || {
            let store = asked.clone();
            let dead = alive.as_ref().is_some_and(|alive| !alive());
            Box::pin(async move {
                if dead {
                    return Err(
                        "alerting has stopped by a fault; restart, and report the log".to_owned(),
                    );
                }
                match tokio::time::timeout(READY_PATIENCE, store.ping()).await {
                    Ok(answer) => answer.map_err(|error| error.to_string()),
                    Err(_) => Err("ClickHouse does not answer".to_owned()),
                }
            })
        }),
        alerting: alerting.map(Alerting::served),
        live: Arc::new(move |now| live.as_ref().map(|live| live(now))),
        metrics: Arc::new(move || {
            let now = store::clock::now();
            let snapshot = counters.as_ref().map(|counters| counters.snapshot());
            let mut all = snapshot
                .as_ref()
                .map_or_else(Vec::new, |snapshot| observe::of_collector(snapshot, now));
            all.extend(observe::of_process(&observe::usage()));
            let keys = snapshot.map(|snapshot| snapshot.keys).unwrap_or_default();
            let alerting = of_alerting.as_ref().map(|page| page());
            metrics::page(&all, &keys) + &alerting.unwrap_or_default()
        }),
    }
}

async fn stop_engine(engine: Option<Engine>) {
    if let Some(engine) = engine {
        engine.stop().await;
    }
}

fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
