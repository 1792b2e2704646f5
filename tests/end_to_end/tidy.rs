//! The invariants of the layout (ARCHITECTURE.md), as tests over the sources themselves.

use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 110; // rustfmt holds code at 100; long strings may pass it a little

/// Functions that may be longer, each with the reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[
    (
        "faults_are_found_and_how_soon",
        "a table of faults, each with its scene",
    ),
    (
        "a_field_is_found_under_any_of_its_names",
        "a table of names, each with an event",
    ),
    (
        "findings_feedback_and_what_detectors_remember",
        "one round through three tables",
    ),
    ("fits", "a table of words by class of attack"),
    ("prove", "a case for each kind of result"),
];

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, extension: &str, out: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.expect("readable").path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default()
                .to_owned();
            if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "corpus") {
                walk(&path, extension, out);
            } else if path.extension().is_some_and(|e| e == extension) {
                out.push(path);
            }
        }
    }
    let mut out = Vec::new();
    walk(&Path::new(ROOT).join(folder), extension, &mut out);
    out.sort();
    out
}

fn sources() -> Vec<(PathBuf, String)> {
    [
        "src",
        "store",
        "collector",
        "analyzers",
        "alerts",
        "dashboard",
        "tests",
    ]
    .iter()
    .flat_map(|folder| files(folder, "rs"))
    .map(|path| (path.clone(), std::fs::read_to_string(path).expect("UTF-8")))
    .collect()
}

#[test]
fn files_lines_and_functions_keep_the_house_numbers() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let name = path
            .strip_prefix(ROOT)
            .expect("inside")
            .display()
            .to_string();
        let count = text.lines().count();
        if count > FILE_LINES_MAX {
            faults.push(format!("{name}: {count} lines, at most {FILE_LINES_MAX}"));
        }
        for (i, line) in text.lines().enumerate() {
            if line.chars().count() > LINE_CHARS_MAX && !line.contains('"') {
                faults.push(format!(
                    "{name}:{}: longer than {LINE_CHARS_MAX} characters",
                    i + 1
                ));
            }
        }
        faults.extend(long_functions(&name, &text));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// By indentation, which rustfmt guarantees: a function ends at the first `}` in its own column.
fn long_functions(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut faults = Vec::new();
    for (begin, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let head = code.split('(').next().unwrap_or_default();
        let names_one = head.split(' ').rev().nth(1) == Some("fn") || head.contains("fn ");
        if !names_one || code.starts_with("//") {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let Some(length) = lines[begin..].iter().position(|l| *l == close) else {
            continue;
        };
        let function = head.rsplit(' ').next().unwrap_or_default();
        let allowed = LONG_FUNCTIONS.iter().any(|(f, _)| function.starts_with(f));
        if length + 1 > FUNCTION_LINES_MAX && !allowed {
            faults.push(format!(
                "{name}:{}: fn {function} has {} lines, at most {FUNCTION_LINES_MAX}",
                begin + 1,
                length + 1
            ));
        }
    }
    faults
}

#[test]
fn crates_depend_on_one_another_only_in_the_direction_of_the_data() {
    let allowed: &[(&str, &[&str])] = &[
        ("store", &[]),
        // Credentials are taken out before anything is kept.
        ("collector", &["store", "threats"]),
        ("analyzers", &["store", "threats"]),
        ("analyzers/threats", &[]),
        ("alerts", &["store"]),
        ("dashboard", &["store", "analyzers", "threats", "alerts"]),
        ("tests/fleet", &[]),
    ];
    let ours = [
        "store",
        "collector",
        "analyzers",
        "threats",
        "alerts",
        "dashboard",
        "fleet",
        "nephoscope",
    ];
    for (folder, may_use) in allowed {
        let path = Path::new(ROOT).join(folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(&path).expect("a manifest");
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let (built, tested) = dependencies
            .split_once("[dev-dependencies]")
            .unwrap_or((dependencies, ""));
        // Tests and measurements may play the fleet; nothing that ships may.
        let tested = tested.lines().filter(|line| !line.starts_with("fleet"));
        for line in built.lines().chain(tested) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let inner = ours.contains(&name) && !may_use.contains(&name);
            assert!(
                !inner,
                "{folder} must not depend on {name} (ARCHITECTURE.md, the way of the data)"
            );
        }
    }
}

#[test]
fn no_query_and_no_template_is_an_orphan() {
    let sources: String = sources().into_iter().map(|(_, text)| text).collect();
    for path in files("store/src", "sql") {
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
        assert!(
            sources.contains(&format!("{name}\"")),
            "{} is used by nobody",
            path.display()
        );
    }
    let templates = files("dashboard/templates", "html");
    let texts: String = templates
        .iter()
        .map(|p| std::fs::read_to_string(p).expect("UTF-8"))
        .collect();
    for path in templates {
        let folder = Path::new(ROOT).join("dashboard/templates");
        let name = path
            .strip_prefix(folder)
            .expect("inside")
            .display()
            .to_string();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        // Tera 2 finds components by their own name, not by their file's.
        let used = sources.contains(&name) || texts.contains(&name) || text.contains("component ");
        assert!(used, "{name} is used by nobody");
    }
}

#[test]
fn the_top_level_holds_the_way_of_the_data_and_nothing_else() {
    let allowed = [
        "src",
        "store",
        "collector",
        "analyzers",
        "alerts",
        "dashboard",
        "deploy",
        "tests",
        "target",
        "benches",
        "nephoscope-data",
    ];
    for entry in std::fs::read_dir(ROOT).expect("the root") {
        let entry = entry.expect("readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let folder = entry.file_type().expect("a type").is_dir();
        assert!(
            !folder || name.starts_with('.') || allowed.contains(&name.as_str()),
            "{name}"
        );
    }
}
