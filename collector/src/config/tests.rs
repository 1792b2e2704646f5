//! What a configuration may say, case by case.

use super::*;

fn key(name: &str, key: &str) -> Key {
    Key {
        name: name.into(),
        key: Some(Secret::new(key)),
        key_file: None,
        header: bearer(),
    }
}

/// The complaints about the default configuration after one change.
fn complaints(change: impl Fn(&mut Config)) -> Vec<String> {
    let mut config = Config::default();
    change(&mut config);
    let errors = config.validate().err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect()
}

fn listen(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

#[test]
fn the_default_is_sound_and_closed() {
    let config = Config::default();
    assert_eq!(config.validate(), Ok(()));
    assert!(config.grpc_listen.ip().is_loopback() && config.http_listen.ip().is_loopback());
}

#[test]
fn off_loopback_keys_are_demanded_with_what_to_write() {
    for address in ["0.0.0.0:4317", "[::]:4317", "192.168.1.5:4317"] {
        let said = complaints(|config| config.grpc_listen = listen(address));
        let [said] = &said[..] else {
            panic!("one complaint: {said:?}")
        };
        assert!(said.starts_with(&format!("grpc_listen: {address} can be reached from other")));
        assert!(said.contains("set keys, for example `keys: [{name: functions, key_file:"));
    }
    for address in ["127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert!(complaints(|config| config.http_listen = listen(address)).is_empty());
    }
    let with_key = complaints(|config| {
        config.http_listen = listen("0.0.0.0:4318");
        config.keys = vec![key("a", "0123456789abcdef")];
    });
    assert!(with_key.is_empty(), "{with_key:?}");
}

#[test]
fn every_fault_is_told_at_once_by_its_key() {
    let said = complaints(|config| {
        config.max_request_bytes = 10;
        config.batch.max_rows = 0;
        config.idle_timeout_ms = 0;
    });
    assert_eq!(
        said,
        [
            "max_request_bytes: 10 is too small; write at least 1024",
            "idle_timeout_ms: 0 is too small; write at least 1",
            "batch.max_rows: 0 is too small; write at least 1",
        ]
    );
    let said = complaints(|config| config.max_in_flight_bytes = 1024 * 1024);
    assert_eq!(
        said,
        ["max_in_flight_bytes: 1048576 is too small; write at least 67108864"]
    );
}

#[test]
fn unusable_keys_are_named() {
    let good = "0123456789abcdef";
    let hashed = format!("sha256:{}", "ab".repeat(32));
    assert!(complaints(|config| config.keys = vec![key("a", good), key("b", &hashed)]).is_empty());
    for (bad, wanted) in [
        (
            key("", good),
            "keys[1].name: empty; say who sends with this key",
        ),
        (
            key("a", good),
            "keys[1].name: used twice; give every key its own name",
        ),
        (
            key("b", "short"),
            "keys[1].key: too short to be safe; make one of at least 16 characters with \
             `openssl rand -hex 16`",
        ),
        (
            key("b", "sha256:abc"),
            "keys[1].key: `sha256:` must be followed by 64 hex digits",
        ),
        (
            Key {
                key: None,
                ..key("b", "")
            },
            "keys[1].key: missing; set key or key_file",
        ),
        (
            Key {
                key_file: Some("k".into()),
                ..key("b", good)
            },
            "keys[1].key_file: set beside key; keep one of them",
        ),
        (
            Key {
                header: "no header".into(),
                ..key("b", good)
            },
            "keys[1].header: no header name; write for example `x-api-key`",
        ),
        (
            Key {
                header: "authorization: two words".into(),
                ..key("b", good)
            },
            "keys[1].header: only one word may follow the `:`, as in `authorization: Bearer`",
        ),
    ] {
        assert_eq!(
            complaints(|config| config.keys = vec![key("a", good), bad.clone()]),
            [wanted]
        );
    }
}

#[test]
fn limits_of_cardinality_are_what_fits_into_memory() {
    let none = complaints(|config| config.cardinality = Cardinality::UNLIMITED);
    assert!(none.is_empty(), "0 means no limit: {none:?}");
    let said = complaints(|config| {
        config.cardinality.max_services_per_key = LIMIT_MAX;
        config.cardinality.max_functions_per_key = LIMIT_MAX + 1;
    });
    assert_eq!(
        said,
        [
            "cardinality.max_functions_per_key: 4000001 is too much to keep in memory; write at most \
             4000000, or 0 for no limit"
        ]
    );
}

#[test]
fn origins_are_origins() {
    let with =
        |origin: &str| complaints(|config| config.cors.allowed_origins = vec![origin.to_owned()]);
    for origin in [
        "*",
        "https://shop.example",
        "http://localhost:3000",
        "http://[::1]:8080",
    ] {
        assert!(with(origin).is_empty(), "{origin}");
    }
    for origin in [
        "",
        "shop.example",
        "https://",
        "https://shop.example/",
        "https://a b",
    ] {
        let said = with(origin);
        assert!(
            said[0].starts_with("cors.allowed_origins[0]: no origin; write `*`"),
            "{origin}"
        );
    }
}

#[test]
fn unknown_keys_are_refused_and_secrets_are_never_printed() {
    let read = |json: &str| serde_json::from_str::<Config>(json);
    assert!(read(r#"{"max_request_bytes":2048,"batch":{"max_rows":5}}"#).is_ok());
    for unknown in [
        r#"{"listen":"x"}"#,
        r#"{"batch":{"rows":1}}"#,
        r#"{"keys":[{"nam":"x"}]}"#,
    ] {
        let error = read(unknown).expect_err("refused").to_string();
        assert!(error.starts_with("unknown field"), "{error}");
    }
    let config = read(r#"{"keys":[{"name":"a","key":"hush-hush-hush-hush"}]}"#).expect("read");
    assert!(!format!("{config:?}").contains("hush"));
    assert_eq!(config.keys[0].header, "authorization: Bearer");
}
