//! Measures incidents on the fleet's labelled scenarios: how many notifications fewer, and whether what is
//! put together belongs together. Prints the tables of alerts/EVALUATION.md. `cargo run --example incidents`
//! plays seeds that correlation may be tuned on, and later ones that are reported; `-- early` or `-- late`
//! one of them; `-- late 3` so many of them; `-- late 3 each` with every finding and why it is where it is.

#[path = "../../analyzers/examples/evaluate/scenarios/rows.rs"]
mod rows;

mod judge;
mod told;
mod town;

use judge::Tally;

/// Seeds that may be tuned on,
const EARLY: u64 = 0;
/// and those that are reported.
const LATE: u64 = 1_000;

#[allow(clippy::print_stdout)] // the tables are the answer
fn main() {
    let mut words = std::env::args().skip(1);
    let part = words.next();
    let seeds = words.next().and_then(|n| n.parse().ok()).unwrap_or(3);
    let each = words.next().as_deref() == Some("each");
    for (name, first) in [("early", EARLY), ("late", LATE)] {
        if part.as_deref().is_some_and(|part| part != name) {
            continue;
        }
        let mut tally = Tally::default();
        for seed in first..first + seeds {
            let day = town::play(seed);
            if each {
                judge::each(&day);
            }
            tally.add(&day);
        }
        println!(
            "\n{name} seeds, {seeds} days of {} functions",
            town::FUNCTIONS
        );
        tally.print();
    }
}
