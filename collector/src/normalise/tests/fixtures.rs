//! What the normaliser makes of requests of real emitters, as snapshots beside the requests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::Message;
use serde_json::json;
use store::model::UnixNano;

use super::super::{Normaliser, Rejected};
use super::support::{NOON, Recorder};
use crate::decode::json as decode;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/otlp")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the fixtures lie in the repository");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.is_dir() || path.to_string_lossy().ends_with(ending))
        .collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .expect("a UTF-8 name")
}

/// What a fixture's name says: `<scenario>.<step>.<signal>.json`, `<scenario>.<signal>.json`, or,
/// of captured ones, `<scenario>-<signal>.json`.
struct Named<'a> {
    /// Fixtures of one scenario share a normaliser.
    scenario: &'a str,
    /// Their order: spans teach what logs and metrics do not say.
    step: u8,
    signal: &'a str,
}

fn named(file: &Path) -> Named<'_> {
    let whole = name(file);
    let stem = whole.strip_suffix(".json").expect("a JSON file");
    let (rest, signal) = stem.rsplit_once(['.', '-']).expect("a name with a signal");
    match rest.rsplit_once('.') {
        Some((scenario, step)) => Named {
            scenario,
            step: step.parse().expect("a step's number"),
            signal,
        },
        None if stem.ends_with(&format!("-{signal}")) => {
            let step = ["traces", "logs", "metrics"]
                .iter()
                .position(|s| *s == signal);
            Named {
                scenario: rest,
                step: step.unwrap_or(9) as u8,
                signal,
            }
        }
        None => Named {
            scenario: whole,
            step: 0,
            signal,
        },
    }
}

/// A minute after the newest time in a request, all of which have 19 digits.
fn receipt(body: &str) -> UnixNano {
    let times = body
        .split('"')
        .filter(|text| text.len() == 19)
        .filter_map(|t| t.parse().ok());
    UnixNano(times.max().unwrap_or(NOON as i64)).plus_millis(60_000.0)
}

fn normalise(normaliser: &mut Normaliser, file: &Path) -> (Recorder, Rejected) {
    let body = std::fs::read_to_string(file).expect("a readable fixture");
    let mut told = Recorder::default();
    let now = receipt(&body);
    let rejected = match named(file).signal {
        "traces" => {
            let request = decode::traces(body.as_bytes()).expect("OTLP/JSON traces");
            normaliser.traces(&request.encode_to_vec(), now, &mut told)
        }
        "logs" => {
            let request = decode::logs(body.as_bytes()).expect("OTLP/JSON logs");
            normaliser.logs(&request.encode_to_vec(), now, &mut told)
        }
        "metrics" => {
            let request = decode::metrics(body.as_bytes()).expect("OTLP/JSON metrics");
            normaliser.metrics(&request.encode_to_vec(), now, &mut told)
        }
        other => panic!("{}: {other} is no signal", file.display()),
    };
    (told, rejected.expect("sound"))
}

#[test]
fn every_fixture_is_normalised_as_its_snapshot_shows() {
    let mut count = 0;
    for platform in files(&folder(), "/") {
        let mut scenarios: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for file in files(&platform, ".json") {
            scenarios
                .entry(named(&file).scenario.to_owned())
                .or_default()
                .push(file);
        }
        for mut steps in scenarios.into_values() {
            steps.sort_by_key(|file| named(file).step);
            let mut normaliser = Normaliser::new();
            for file in steps {
                let (told, rejected) = normalise(&mut normaliser, &file);
                let mut made = told.json();
                if rejected.count > 0 {
                    made["rejected"] = json!(rejected.message());
                }
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(&platform);
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_json_snapshot!(name(&file), made));
                count += 1;
            }
        }
    }
    assert!(
        count >= 30,
        "only {count} fixtures found in {}",
        folder().display()
    );
}

#[test]
fn every_snapshot_has_its_fixture() {
    for platform in files(&folder(), "/") {
        for snapshot in files(&platform, ".snap") {
            let fixture = snapshot.with_extension("");
            assert!(fixture.exists(), "{} shows nothing", snapshot.display());
        }
    }
}
