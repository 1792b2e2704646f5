//! `make evaluate`: runs the detectors causally over real cold starts and prints the tables of
//! EVALUATION.md. Skips, and says so, where the development data are absent.

mod data;
mod deploys;
mod drift;
mod versions;

use std::path::PathBuf;

/// Where the data lie, beside the repository.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

#[allow(clippy::print_stdout)] // the tables are the answer
fn main() {
    versions::evaluate();
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
    deploys::evaluate(&fleet);
    drift::evaluate("beside siblings", &fleet.panel);
    drift::evaluate("without siblings", &fleet.alone);
}
