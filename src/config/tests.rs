use super::*;

fn with_env(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
    load(
        None,
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
    )
}

#[test]
fn the_environment_overrides_any_key_and_its_values_take_the_key_s_type() {
    let config = with_env(&[
        ("NEPHOSCOPE_ENGINE__HTTP_PORT", "18999"),
        ("NEPHOSCOPE_CLICKHOUSE__URL", "http://localhost:8123"),
        ("NEPHOSCOPE_LOG__LEVEL", "1"),
        ("NEPHOSCOPE_TEST_PYTHON", "no key: it has no section"),
    ])
    .expect("valid");
    assert_eq!(config.engine.http_port, 18999);
    assert_eq!(
        config.clickhouse.url.as_deref(),
        Some("http://localhost:8123")
    );
    assert_eq!(config.log.level, "1");
}

#[test]
fn an_environment_variable_without_a_key_is_refused_by_name_and_its_value_kept_secret() {
    let error = with_env(&[("NEPHOSCOPE_ENGINE__PORT", "hunter2")]).expect_err("refused");
    let text = format!("{error:#}");
    assert!(text.contains("NEPHOSCOPE_ENGINE__PORT"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn every_bad_file_is_refused_with_its_line_and_the_reason_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config/bad");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let want = std::fs::read_to_string(path.with_extension("message")).expect("message");
        let error = load(Some(&path), std::iter::empty()).expect_err("refused");
        let text = format!("{error:#}");
        assert!(text.contains(want.trim()), "{}: {text}", path.display());
        seen += 1;
    }
    assert!(seen >= 5, "only {seen} fixtures");
}

#[test]
fn the_example_file_is_valid_and_says_what_the_defaults_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/nephoscope.yaml");
    load(Some(&path), std::iter::empty()).expect("valid");
}
