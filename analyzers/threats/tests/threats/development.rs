//! Labelled data beside the repository, where it is: the goals hold on it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::Value;
use threats::inspect::{Input, Lens};
use threats::secrets::Secrets;

fn rows(name: &str) -> Option<Vec<Value>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threats");
    let file = std::fs::File::open(folder.join(name)).ok()?;
    let lines = BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines();
    Some(
        lines
            .map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("JSON"))
            .collect(),
    )
}

/// How many of the rows that `which` picks are flagged, and how many there are.
fn flagged(lens: &Lens, rows: &[Value], which: impl Fn(&Value) -> bool) -> (usize, usize) {
    let picked: Vec<&Value> = rows.iter().filter(|row| which(row)).collect();
    let value = |row: &Value| row["value"].as_str().unwrap_or_default().to_owned();
    let hit = |row: &&&Value| match row["field"] == "log.body" {
        true => {
            lens.look(Input::Log {
                body: &value(row),
                attributes: &[],
            })
            .flagged
        }
        false => lens.look(Input::Value(&value(row))).flagged,
    };
    (picked.iter().filter(hit).count(), picked.len())
}

#[test]
fn the_goals_hold_on_labelled_values() {
    let Some(rows) = rows("values.dev.jsonl.gz") else {
        eprintln!("skipped: no labelled values beside the repository (../shared/data/threats)");
        return;
    };
    let lens = Lens::new(Secrets::built_in());
    let exploit = |row: &Value| row["label"] == "attack" && row["class"] != "secret";
    let (hit, all) = flagged(&lens, &rows, exploit);
    assert!(hit * 1_000 >= all * 985, "{hit} of {all} payloads");
    let (hit, all) = flagged(&lens, &rows, |row| row["class"] == "hard-benign");
    assert!(hit * 100 <= all * 5, "{hit} of {all} hard texts");
    let (hit, all) = flagged(&lens, &rows, |row| row["class"] == "easy-benign");
    assert!(hit * 10_000 <= all * 5, "{hit} of {all} easy texts");
}

#[test]
fn the_goals_hold_on_a_real_site_s_traffic() {
    let Some(rows) = rows("requests.dev.jsonl.gz") else {
        eprintln!("skipped: no labelled requests beside the repository (../shared/data/threats)");
        return;
    };
    let lens = Lens::new(Secrets::built_in());
    let (mut hit, mut all) = (0, 0);
    for row in rows.iter().filter(|row| row["class"] == "real-traffic") {
        let attributes = row["otel"].as_object().expect("attributes");
        let flat: Vec<(String, String)> = attributes
            .iter()
            .flat_map(|(key, value)| match value {
                Value::Array(values) => values.iter().map(|v| (key.clone(), text(v))).collect(),
                value => vec![(key.clone(), text(value))],
            })
            .collect();
        all += 1;
        hit += usize::from(
            lens.look(Input::Span {
                attributes: &flat,
                body: None,
            })
            .flagged,
        );
    }
    assert!(hit * 1_000 <= all, "{hit} of {all} requests");
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
