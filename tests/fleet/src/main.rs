//! `fleet`: reads the command line and the clock, runs, says what came of it.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use clap::Parser as _;
use fleet::attack;
use fleet::cli::Args;
use fleet::print;
use fleet::run::run;
use fleet::time::Ns;

/// Minutes of the history that `--print` plays: enough for every timer to have fired.
const PRINT_MINUTES: u64 = 20;

#[tokio::main]
async fn main() -> ExitCode {
    match go(&Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do when even stderr is gone.
            let _ = writeln!(io::stderr(), "fleet: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs; says whether everything arrived.
async fn go(args: &Args) -> Result<bool> {
    let start = match args.start {
        Some(start) => start,
        None => now()?,
    };
    let mut stdout = io::stdout();
    if args.print {
        print::print(args.plan(start)?, PRINT_MINUTES, &mut stdout)?;
        return Ok(true);
    }
    if let Some(name) = &args.story {
        return story(args, name, start, &mut stdout).await;
    }
    let interrupted = async {
        // Without a signal handler the run goes on to its own end.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let summary = run(args, start, interrupted).await?;
    for line in summary.lines() {
        writeln!(stdout, "{line}").context("print the summary")?;
    }
    Ok(summary.report.lossless())
}

/// Plays a story: over the wire, or into files.
async fn story(args: &Args, name: &str, start: Ns, stdout: &mut io::Stdout) -> Result<bool> {
    if name == "list" {
        for story in attack::STORIES {
            writeln!(stdout, "{}", story.name).context("print the names")?;
        }
        return Ok(true);
    }
    let story = attack::story(name)
        .with_context(|| format!("no story is called '{name}'; see --story list"))?;
    let beats = story.play(
        args.seed,
        start.saturating_sub(attack::START + attack::REST),
    );
    if let Some(path) = &args.truth {
        attack::truth(story, &beats, path)?;
    }
    if let Some(path) = &args.lines {
        attack::lines(&beats, path)?;
        return Ok(true);
    }
    let report = attack::send::send(&beats, args.target()).await?;
    writeln!(
        stdout,
        "fleet: {} beats of the story '{name}' sent",
        beats.len()
    )
    .context("print the summary")?;
    Ok(report.lossless())
}

/// The one reading of the clock.
#[expect(
    clippy::disallowed_methods,
    reason = "main is the edge where time comes in"
)]
fn now() -> Result<Ns> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("read the clock")?;
    Ns::try_from(since.as_nanos()).context("read the clock")
}
