//! Files in, files out; every rule has a file that breaks it.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::any::Any;
use super::*;
use crate::slo::plan;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/slo")
        .join(name)
}

/// What `nephoscope check` does with the file.
fn check(file: &str, text: &str) -> Result<Library, OpenSloError> {
    let mut library = Library::default();
    library.add(file, text)?;
    let (slos, unresolved) = library.slos();
    if let Some(unresolved) = unresolved.into_iter().find(|one| one.needed) {
        return Err(unresolved.error);
    }
    for slo in &slos {
        plan::plans(slo)?;
    }
    Ok(library)
}

fn files(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).expect("fixtures");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_bad_file_is_refused_at_its_place_and_with_the_reason_beside_it() {
    let mut wrong = Vec::new();
    for path in files("bad") {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
        let told = match check(name, &text) {
            Ok(_) => format!("{name}: accepted\n"),
            Err(error) => format!("{error}\n"),
        };
        let expected = std::fs::read_to_string(path.with_extension("message")).unwrap_or_default();
        if told != expected {
            wrong.push(told);
        }
    }
    assert!(
        wrong.is_empty(),
        "not as in the message beside it:\n{}",
        wrong.concat()
    );
}

#[test]
fn what_is_read_and_written_reads_the_same() {
    for path in files("good") {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let library =
            check("a.yaml", &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let objects: Vec<Object> = library.objects().cloned().collect();
        let written = write(&objects).expect("written");
        let again = check("b.yaml", &written).unwrap_or_else(|error| panic!("{error}\n{written}"));
        let again: Vec<Object> = again.objects().cloned().collect();
        assert_eq!(objects, again, "{written}");
    }
}

#[test]
fn json_reads_as_yaml_does() {
    let path = folder("good").join("composite.yaml");
    let text = std::fs::read_to_string(path).expect("UTF-8");
    let library = check("a.yaml", &text).expect("sound");
    let objects: Vec<_> = library.objects().collect();
    let json = serde_json::to_string(&objects).expect("JSON");
    let again = check("a.json", &json).expect("sound");
    assert_eq!(objects, again.objects().collect::<Vec<_>>());
}

#[test]
fn references_lead_to_other_files_and_what_only_names_people_may_lead_nowhere() {
    let path = folder("good").join("all-seven-kinds.yaml");
    let text = std::fs::read_to_string(path).expect("UTF-8");
    let (shared, slo) = text.rsplit_once("---\n").expect("documents");
    let shared = shared.replace("name: on-call", "name: asleep");
    let mut library = Library::default();
    library.add("slo.yaml", slo).expect("sound");
    library.add("shared.yaml", &shared).expect("sound");
    let (slos, unresolved) = library.slos();
    assert_eq!(slos[0].alerts.len(), 2);
    assert_eq!(slos[0].indicators.len(), 2);
    let told: Vec<_> = unresolved
        .iter()
        .map(|one| (one.error.to_string(), one.needed))
        .collect();
    let expected = "shared.yaml:68:37: there is no AlertNotificationTarget `on-call`; define it in this file or beside it";
    assert_eq!(told, [(expected.to_owned(), false)]);
}

fn any_yaml() -> impl Strategy<Value = Any> {
    let text = prop_oneof![
        "\\PC{0,12}",
        "[ \\t\\n:#'\"\\-\\[\\]{}&*!|>%@`,?~]{0,8}",
        Just("null".to_owned()),
        Just("yes".to_owned()),
        Just("1e3".to_owned()),
        Just("0x1f".to_owned()),
        Just("2026-01-01 00:00:00".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Any::Null),
        any::<bool>().prop_map(Any::Bool),
        any::<i64>().prop_map(|n| Any::Whole(n.into())),
        any::<u64>().prop_map(|n| Any::Whole(n.into())),
        (-1e12..1e12_f64).prop_map(|n| Any::Float(n + 0.5)),
        text.prop_map(Any::Text),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let map = proptest::collection::btree_map("[a-z\\-. 0-9]{1,6}", inner.clone(), 1..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Any::List),
            map.prop_map(|map| Any::Map(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_other_tools_keep_comes_back_as_it_was(details in any_details(), text in "\\PC{1,40}") {
        let object = Object::DataSource(Named {
            metadata: Metadata {
                name: "a".to_owned(),
                annotations: [("b".to_owned(), text.clone())].into(),
                labels: [("c".to_owned(), Label::Several(vec![text.clone(), text]))].into(),
                display_name: None,
            },
            spec: DataSource {
                description: None,
                r#type: "Any".to_owned(),
                connection_details: details,
            },
        });
        let written = write(std::slice::from_ref(&object)).expect("written");
        let mut library = Library::default();
        if let Err(error) = library.add("a.yaml", &written) {
            return Err(TestCaseError::fail(format!("{error}\n{written}")));
        }
        prop_assert_eq!(library.objects().next(), Some(&object), "{}", written);
    }
}

fn any_details() -> impl Strategy<Value = Any> {
    let map = proptest::collection::btree_map("[a-z]{1,6}", any_yaml(), 1..4);
    map.prop_map(|map| Any::Map(map.into_iter().collect()))
}
