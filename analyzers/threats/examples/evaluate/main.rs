//! What payload inspection and the rules for credentials find in labelled data, and what they take for an
//! attack that is none: the tables of `EVALUATION.md`.
//!
//!     cargo run --example evaluate -- [--part 0/2] [--list CORPUS/CLASS] [--values]
//!
//! `--part 0/2` keeps one half of the rows, by a hash of their names: misses are looked at in one part,
//! and what was learnt is checked on the others. `--list` prints the rows of a cell that were judged
//! wrongly. `--values`: what is a log's text is looked at as a parameter's value, where more is
//! suspicious.

#![allow(clippy::print_stdout)] // figures are what it is for

mod labelled;

use std::collections::BTreeMap;

use labelled::Row;
use threats::inspect::Lens;
use threats::secrets::Secrets;

/// What is said of the rows of a cell.
#[derive(Default)]
struct Cell {
    all: usize,
    flagged: usize,
}

impl Cell {
    fn share(&self) -> f64 {
        self.flagged as f64 * 100.0 / self.all.max(1) as f64
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let part: Option<(u64, u64)> = option("--part").and_then(|part| {
        let (number, of) = part.split_once('/')?;
        Some((number.parse().ok()?, of.parse().ok()?))
    });
    let list = option("--list");
    let as_values = arguments.iter().any(|argument| argument == "--values");
    let Some(rows) = labelled::rows() else {
        println!("no labelled data beside the repository (../shared/data/threats)");
        return;
    };
    let lens = Lens::new(Secrets::built_in());
    let mut cells: BTreeMap<(String, String, String), Cell> = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|row| part.is_none_or(|(number, of)| hash(&row.id) % of == number))
    {
        let verdict = row.look(&lens, as_values);
        let name = format!("{}/{}", row.corpus, row.class);
        let cell = cells.entry((row.label.clone(), row.corpus.clone(), row.class.clone()));
        let cell = cell.or_default();
        cell.all += 1;
        cell.flagged += usize::from(verdict.flagged);
        let listed = list
            .as_ref()
            .is_some_and(|list| *list == name || list == "all");
        if listed && verdict.flagged != (row.label == "attack") {
            tell(row, &verdict);
        }
    }
    if list.is_none() {
        table(&cells);
    }
}

fn tell(row: &Row, verdict: &threats::inspect::Verdict) {
    println!(
        "{} {} {} {:.2} {}",
        row.label,
        row.class,
        row.id,
        verdict.score,
        row.text()
    );
    for seen in &verdict.seen {
        println!(
            "      {} {} {:?}",
            seen.field, seen.evidence.rule, seen.evidence.matched
        );
    }
}

/// FNV-1a of a row's name, its upper half.
fn hash(id: &str) -> u64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 32
}

fn table(cells: &BTreeMap<(String, String, String), Cell>) {
    println!("| label | corpus | class | inputs | flagged | share |");
    println!("|---|---|---|---:|---:|---:|");
    for ((label, corpus, class), cell) in cells {
        println!(
            "| {label} | {corpus} | {class} | {} | {} | {:.2} % |",
            cell.all,
            cell.flagged,
            cell.share()
        );
    }
    let sum = |which: &dyn Fn(&str, &str, &str) -> bool| {
        let mut sum = Cell::default();
        for ((label, corpus, class), cell) in cells {
            if which(label, corpus, class) {
                sum.all += cell.all;
                sum.flagged += cell.flagged;
            }
        }
        sum
    };
    let attacks = |crs: bool| {
        cells
            .iter()
            .filter(move |((label, corpus, _), _)| label == "attack" && (crs || corpus != "crs"))
            .map(|(_, cell)| cell.share())
    };
    let mean = |shares: Vec<f64>| shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    println!();
    let payloads =
        sum(&|label, corpus, class| label == "attack" && corpus != "crs" && class != "secret");
    println!(
        "payloads: {} of {}, {:.2} %",
        payloads.flagged,
        payloads.all,
        payloads.share()
    );
    println!(
        "mean over cells: {:.2} %; without whole requests {:.2} %",
        mean(attacks(true).collect()),
        mean(attacks(false).collect())
    );
    for (name, class) in [
        ("hard", "hard-benign"),
        ("easy", "easy-benign"),
        ("real traffic", "real-traffic"),
    ] {
        let cell = sum(&|label, _, is| label == "benign" && is == class);
        println!(
            "{name}: {} of {}, {:.2} %",
            cell.flagged,
            cell.all,
            cell.share()
        );
    }
    for label in ["attack", "near-miss"] {
        let cell = sum(&|is, corpus, _| is == label && corpus == "crs");
        println!(
            "requests, {label}: {} of {}, {:.2} %",
            cell.flagged,
            cell.all,
            cell.share()
        );
    }
}
