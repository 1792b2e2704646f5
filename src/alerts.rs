//! `nephoscope alerts …`: alert routing from the command line, as `amtool` does it.

use std::path::{Path, PathBuf};

use ::alerts::config::Config;
use ::alerts::egress::{Connector, Guard};
use ::alerts::matchers::{self, Operator};
use ::alerts::model::Labels;
use ::alerts::route::{self, Tree};
use ::alerts::run::{Setup, SetupError};
use anyhow::{Context, bail};

/// Commands under `nephoscope alerts`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Read label matchers and print them as a JSON list; exit status 1 when they cannot be read.
    Matchers {
        /// For example `foo="bar",baz=~"x.*"`.
        text: String,
    },
    /// Print the receivers that an alert of these labels goes to, in the order of the routing tree.
    Route(RouteArguments),
    /// Print the whole routing tree.
    Routes {
        /// A file in Alertmanager's format, or ours with a section `alerting`.
        #[arg(long, alias = "config.file")]
        config: PathBuf,
    },
    /// Validate files in Alertmanager's format; exit status 1 and file:line:column on a fault.
    CheckConfig {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Options of `nephoscope alerts route`.
#[derive(clap::Args)]
pub struct RouteArguments {
    /// A file in Alertmanager's format, or ours with a section `alerting`.
    #[arg(long, alias = "config.file")]
    config: PathBuf,
    /// Also print the nodes of the tree that the alert passes.
    #[arg(long)]
    tree: bool,
    /// The receivers it should go to, comma separated, in order; exit status 1 if it goes to others.
    #[arg(long = "verify.receivers", alias = "verify-receivers")]
    verify_receivers: Option<String>,
    /// The alert's labels, as `name=value`.
    labels: Vec<String>,
}

/// Runs one of them.
#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Matchers { text } => {
            println!("{}", serde_json::to_string(&matchers::parse(text)?)?);
        }
        Command::Route(arguments) => route(arguments)?,
        Command::Routes { config } => {
            let tree = Tree::new(&load(config)?.root);
            println!("Routing tree:\n{}", route::whole(&tree));
        }
        Command::CheckConfig { files } => check(files)?,
    }
    Ok(())
}

#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
fn route(arguments: &RouteArguments) -> anyhow::Result<()> {
    let tree = Tree::new(&load(&arguments.config)?.root);
    let labels = arguments.labels.iter().map(|text| {
        let matcher = matchers::parse_one(text)
            .with_context(|| format!("reading the label {text:?}, which should be name=value"))?;
        if matcher.op != Operator::Equal {
            bail!("labels must be specified as name=value, not {text:?}");
        }
        Ok((matcher.name, matcher.value))
    });
    let labels: Labels = labels
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .collect();
    if arguments.tree {
        println!("Matching routes:\n{}\n", route::matching(&tree, &labels));
    }
    let receivers = tree.routes(&labels).into_iter();
    let receivers = receivers.map(|id| tree.node(id).options.receiver.as_str());
    let receivers = receivers.collect::<Vec<_>>().join(",");
    println!("{receivers}");
    match &arguments.verify_receivers {
        Some(expected) if !expected.is_empty() && *expected != receivers => {
            println!("WARNING: Expected receivers did not match resolved receivers.");
            bail!("the alert goes to {receivers}, not to {expected}")
        }
        _ => Ok(()),
    }
}

#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
fn check(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut failed = 0;
    for file in files {
        let name = file.display();
        match load_to_send(file) {
            Ok(config) => println!(
                "Checking '{name}'  SUCCESS\nFound:\n - global config\n - route\n - {} inhibit rules\n - {} \
                 receivers\n - {} templates\n",
                config.inhibit_rules.len(),
                config.receivers.len(),
                config.templates.len()
            ),
            Err(error) => {
                println!("Checking '{name}'  FAILED: {error:#}\n");
                failed += 1;
            }
        }
    }
    if failed > 0 {
        bail!("failed to validate {failed} file(s)");
    }
    Ok(())
}

/// Reads a file in Alertmanager's format, or the section `alerting` of ours.
pub fn load(file: &Path) -> anyhow::Result<Config> {
    let text = read(file)?;
    let config = match Config::parse_section(&text) {
        Ok(None) => Config::parse(&text),
        Ok(Some(config)) => Ok(config),
        Err(fault) => Err(fault),
    };
    config.map_err(|fault| anyhow::anyhow!(fault.in_file(file)))
}

/// The same, refusing receivers that we cannot send to: an alert for them would reach nobody. Templates are
/// read and parsed, too.
pub fn load_to_send(file: &Path) -> anyhow::Result<Config> {
    load(file).and_then(|config| sendable(file, config))
}

/// The configuration made ready: receivers' settings and all template files.
pub fn ready(file: &Path, config: Option<&Config>, connector: &Connector) -> anyhow::Result<Setup> {
    let folder = file.parent().unwrap_or(Path::new(""));
    Setup::new(config, folder, connector).map_err(|error| match error {
        SetupError::Fault(fault) => anyhow::anyhow!(fault.in_file(file)),
        other => other.into(),
    })
}

/// The section `alerting` of our own file, ready to be sent by; none if it has no such section.
pub fn load_section(file: &Path) -> anyhow::Result<Option<Config>> {
    let section = Config::parse_section(&read(file)?);
    let section = section.map_err(|fault| anyhow::anyhow!(fault.in_file(file)))?;
    section.map(|config| sendable(file, config)).transpose()
}

fn sendable(file: &Path, config: Config) -> anyhow::Result<Config> {
    if let Some(fault) = config.unsupported().first() {
        bail!(fault.in_file(file));
    }
    // Where messages may go is not asked here: nothing is connected to.
    ready(
        file,
        Some(&config),
        &Connector::new(Guard::new::<&str>(&[])?),
    )?;
    Ok(config)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}
