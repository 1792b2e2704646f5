//! `make evaluate`: runs the detectors causally, over made-up series and over real cold starts, forecasts
//! over made-up series, and prints the tables of EVALUATION.md. Skips, and says so, what needs development
//! data that are absent. `-- forecasts`, `-- anomalies`, `-- costs`, `-- versions`, `-- regressions` or
//! `-- scenarios` prints only what is about those.

mod anomalies;
mod costs;
mod data;
mod deploys;
mod drift;
mod forecasts;
mod machines;
mod scenarios;
mod series;
mod versions;

use std::path::PathBuf;

/// Where the data lie, beside the repository.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

fn main() {
    let only = std::env::args().nth(1);
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("anomalies") {
        anomalies::evaluate();
        machines::evaluate();
    }
    if wanted("costs") {
        costs::evaluate();
    }
    if wanted("forecasts") {
        forecasts::evaluate();
    }
    if wanted("versions") {
        versions::evaluate();
    }
    if wanted("forecasts") || wanted("regressions") {
        on_real_cold_starts(wanted("forecasts"), wanted("regressions"));
    }
    if wanted("scenarios") {
        scenarios::evaluate();
    }
}

#[allow(clippy::print_stdout)] // the tables are the answer
fn on_real_cold_starts(forecasts: bool, regressions: bool) {
    let folder = std::env::var_os("NEPHOSCOPE_EVALUATION_DATA")
        .map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
    let path = folder.join("coldstarts/lambda-2022-2024.csv.gz");
    let fleet = match data::read(&path) {
        Ok(fleet) => fleet,
        Err(error) => {
            println!(
                "skipped: {} cannot be read ({error}); set NEPHOSCOPE_EVALUATION_DATA to the \
                 folder that holds coldstarts/",
                path.display()
            );
            return;
        }
    };
    println!(
        "{} series, {} cold starts",
        fleet.panel.len(),
        fleet.cold_starts
    );
    if forecasts {
        forecasts::evaluate_real(&fleet.panel);
    }
    if regressions {
        deploys::evaluate(&fleet);
        drift::evaluate("beside siblings", &fleet.panel);
        drift::evaluate("without siblings", &fleet.alone);
    }
}
