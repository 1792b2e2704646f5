//! `nephoscope slo evaluate`: an SLO laid over a file of minutes.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use analyzers::slo::evaluate::{BURN_WINDOWS, Evaluation, Line};
use analyzers::slo::plan::plans;
use analyzers::slo::{Fraction, Plan};
use anyhow::Context;
use serde::{Serialize, Serializer};
use store::model::UnixNano;

use super::{counts, load};
use crate::backtest::timestamp::spell;

/// Options of `nephoscope slo evaluate`.
#[derive(clap::Args)]
pub struct Arguments {
    /// An OpenSLO v1 file, or a folder of them.
    #[arg(long)]
    slo: PathBuf,
    /// CSV `minute,good,total`, a row for each minute with data; for a composite with a column `objective`.
    #[arg(long)]
    input: PathBuf,
    /// Which SLO, where there are several.
    #[arg(long)]
    name: Option<String>,
    /// Which objective, where the SLO has several that are no composite: its display name or its number.
    #[arg(long)]
    objective: Option<String>,
    /// An alert needs as many bad events in its long window; default: as the SLO's annotation
    /// nephoscope.dev/min-bad-events says, else none.
    #[arg(long)]
    min_bad_events: Option<u64>,
}

/// A line of the answer. Fractions become floats here and nowhere before.
#[derive(Serialize)]
struct Told<'a> {
    minute: serde_json::Value,
    sli: Option<f64>,
    budget_remaining: Option<f64>,
    #[serde(serialize_with = "burn")]
    burn: &'a Line,
    #[serde(serialize_with = "alerts")]
    alerts: (&'a Plan, &'a Line),
}

fn float(fraction: Option<&Fraction>) -> Option<f64> {
    fraction.map(Fraction::to_f64)
}

fn burn<S: Serializer>(line: &&Line, serializer: S) -> Result<S::Ok, S::Error> {
    let rates = line.burn.iter().map(|rate| float(rate.as_ref()));
    serializer.collect_map(BURN_WINDOWS.iter().map(|(name, _)| name).zip(rates))
}

fn alerts<S: Serializer>((plan, line): &(&Plan, &Line), serializer: S) -> Result<S::Ok, S::Error> {
    let firing = line.alerts.iter().map(|(firing, _)| firing);
    serializer.collect_map(plan.rules.iter().map(|rule| &rule.name).zip(firing))
}

/// Reads both files and prints a line for each minute from the first to the last, those without data among
/// them. What the figures rest on goes to standard error.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let library = load::library(&arguments.slo)?;
    let (slos, unresolved) = library.slos();
    let place = arguments.slo.display().to_string();
    let slo = load::one(&slos, arguments.name.as_deref(), &place)?;
    for unresolved in unresolved {
        eprintln!("{}; it is left out", unresolved.error);
    }
    let plans = plans(slo)?;
    let mut plan = load::objective(&plans, arguments.objective.as_deref())?.clone();
    if let Some(least) = arguments.min_bad_events {
        plan.min_bad_events = least;
    }
    let file = counts::read(&arguments.input, &plan)?;
    tell(&plan, file.counts[0].first);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in Evaluation::new(&plan, file.counts, counts::EVENT) {
        let told = Told {
            minute: spell(UnixNano(line.minute * 60_000_000_000), file.spelling),
            sli: float(line.sli.as_ref()),
            budget_remaining: float(line.budget_remaining.as_ref()),
            burn: &line,
            alerts: (&plan, &line),
        };
        serde_json::to_writer(&mut out, &told).context("cannot write the answer")?;
        out.write_all(b"\n").context("cannot write the answer")?;
    }
    out.flush().context("cannot write the answer")
}

/// Pairs that no outage is bad enough for.
fn tell(plan: &Plan, minute: i64) {
    let period = plan.period.around(minute).minutes();
    let most = plan.burn_max();
    for rule in &plan.rules {
        let rate = rule.rate(period);
        if !rule.can_fire(&rate, &most) {
            eprintln!(
                "{} cannot fire: it needs a burn rate of more than {}, and an outage has {}",
                rule.name,
                rate.to_f64(),
                most.to_f64()
            );
        }
    }
}
