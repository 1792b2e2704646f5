use super::*;

/// Put together here, so that no scanner of repositories takes them for real ones.
fn made(parts: &[&str]) -> String {
    parts.concat()
}

#[test]
fn credentials_are_found_by_their_own_rules() {
    let secrets = Secrets::built_in();
    for (rule, text) in [
        (
            "aws-access-key",
            made(&["key AK", "IAQ4FJ7XHG2PWLM3RT used"]),
        ),
        (
            "github-token",
            made(&["gh", "p_q8Zt2LmX4vBn7RyK1wEsD9cUgH5jPaTf3oNi"]),
        ),
        ("stripe-key", made(&["sk_", "live_9sT2bQx7LmV4nRwE1yKd"])),
        (
            "jwt",
            made(&[
                "Bearer ey",
                "JhbGciOiJIUzI1NiJ9.ey",
                "JzdWIiOiJqb2huIn0xyz.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
            ]),
        ),
        (
            "url-password",
            made(&["postgres://app:", "hT7x9qLm2@db:5432/shop"]),
        ),
        (
            "private-key",
            made(&[
                "-----BEGIN RSA PRIV",
                "ATE KEY-----\n",
                &"MIIEow".repeat(20),
            ]),
        ),
        ("generic", made(&["db_password", "=Zx81kQpv73mNtY2e"])),
    ] {
        let found = secrets.find(&text);
        assert_eq!(
            found.first().map(|one| one.rule),
            Some(rule),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn what_only_speaks_of_credentials_is_left_alone() {
    let secrets = Secrets::built_in();
    for text in [
        "password=${DB_PASSWORD}",
        "the access token expired after 3600 s",
        "api_key: YOUR_API_KEY_HERE",
        "token: null",
        "primary_key=order_id_2024_11_30_00017",
        "secret manager: loading projects/shop/secrets/db",
        "key: user:42:cart",
        "cache_key=9f86d081884c7d659a2feaa0c55ad015",
        "https://user:password@example.test/",
        "Authorization: Bearer <token>",
    ] {
        assert_eq!(secrets.find(text), Vec::new(), "{text}");
    }
}

#[test]
fn files_of_users_are_loaded_with_all_that_the_format_has() {
    let rules = r#"
[extend]
useDefault = false
[allowlist]
stopwords = ["sample"]
[[rules]]
id = "ours"
regex = '''acme_([a-z0-9]{8})_([a-z]+)'''
secretGroup = 1
entropy = 2.5
keywords = ["ACME_"]
[[rules.allowlists]]
condition = "AND"
regexTarget = "match"
regexes = ['''_test$''']
stopwords = ["q"]
[[rules]]
id = "of a file name alone"
path = '''\.pem$'''
"#;
    let secrets = Secrets::parse(rules, "test").expect("sound");
    let found = |text: &str| {
        secrets
            .find(text)
            .iter()
            .map(|one| text[one.begin..one.end].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("x acme_k3v9t2m8_live y"), ["k3v9t2m8"]);
    assert!(found("acme_aaaaaaaa_live").is_empty(), "not random");
    assert!(
        found("acme_samp1e00_sample").len() == 1,
        "stopwords are looked for in the credential"
    );
    assert!(found("acme_q3v9t2m8_test").is_empty(), "allowed by both");
    assert!(
        found("acme_k3v9t2m8_test").len() == 1,
        "allowed by one only"
    );
}

#[test]
fn a_bad_file_is_refused_with_the_rule_that_is_bad() {
    let error = |rules: &str| {
        Secrets::parse(rules, "mine.toml")
            .err()
            .expect("refused")
            .to_string()
    };
    assert!(error("[[rules]]\nid = \"x\"\nregex = '''(a'''").contains("\"x\" in mine.toml"));
    assert!(
        error("[[rules]]\nregex = 'a'").contains("mine.toml"),
        "no id"
    );
    assert!(error("[[rules]]\nid = \"g\"\nregex = 'a'\nsecretGroup = 3").contains("secretGroup 3"));
    assert!(
        error("[[rules]]\nid = \"big\"\nregex = '((a{1000}){1000}){1000}'").contains("\"big\"")
    );
}

#[test]
fn long_texts_cost_what_their_two_ends_cost() {
    let secrets = Secrets::built_in();
    let middle = "password = ".repeat(1 << 20);
    let text = made(&[
        "sk_",
        "live_9sT2bQx7LmV4nRwE1yKd ",
        &middle,
        " é sk_",
        "live_8sT2bQx7LmV4nRwE1yKd",
    ]);
    let found = secrets.find(&text);
    assert!(
        found.iter().filter(|one| one.rule == "stripe-key").count() == 2,
        "{}",
        found.len()
    );
}
