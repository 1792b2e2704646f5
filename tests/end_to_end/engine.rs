//! The embedded engine: restarts, refusals, clean ends.

use rustix::process::Signal;

use crate::harness::{Product, get, number, signal, wait_for};

#[tokio::test]
async fn an_engine_that_is_killed_comes_back_with_everything_that_was_stored() {
    let product = Product::start(&[]).await;
    let store = product.store();
    store
        .execute("filling", "INSERT INTO deploy_tellings (function_id, version) SELECT 'f', toString(number) FROM numbers(1000)")
        .await
        .expect("inserted");
    let first = product.engine_pid().expect("an engine runs");
    signal(first, Signal::KILL);
    wait_for("another engine", async || {
        product.engine_pid().filter(|pid| *pid != first)
    })
    .await;
    wait_for("an answer", async || store.ping().await.ok()).await;
    assert_eq!(
        number(&store, "SELECT count() FROM deploy_tellings").await,
        1000
    );
    wait_for("ready", async || {
        let ready = get(&format!("{}/-/ready", product.dashboard)).await;
        (ready.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_second_product_on_one_data_folder_is_refused_and_the_first_goes_on() {
    let product = Product::start(&[]).await;
    let (code, words) = Product::refusal(&product.data, &[]).await;
    assert_eq!(code, 1);
    assert!(
        words.contains("another nephoscope is running on it"),
        "{words}"
    );
    assert!(words.contains("--data"), "it says what to do: {words}");
    product
        .store()
        .ping()
        .await
        .expect("the first still answers");
}

#[tokio::test]
async fn a_stop_is_clean_and_leaves_no_engine_behind() {
    let product = Product::start(&[]).await;
    let engine = product.engine_pid().expect("an engine runs");
    let (data, code) = product.stop().await;
    assert_eq!(code, Some(0));
    assert!(
        !std::path::Path::new(&format!("/proc/{engine}")).exists(),
        "the engine is gone"
    );
    std::fs::remove_dir_all(data).expect("removed");
}

#[tokio::test]
async fn a_product_that_is_killed_takes_its_engine_along_and_starts_again_on_the_same_data() {
    let product = Product::start(&[]).await;
    product
        .store()
        .execute(
            "filling",
            "INSERT INTO deploy_tellings (function_id, version) VALUES ('f', '1')",
        )
        .await
        .expect("inserted");
    let data = product.kill().await;
    let product = Product::start_on(data, &[]).await;
    assert_eq!(
        number(&product.store(), "SELECT count() FROM deploy_tellings").await,
        1
    );
}

#[tokio::test]
async fn without_the_engine_s_library_it_says_how_to_get_it() {
    let folder = crate::harness::new_folder();
    std::fs::create_dir_all(&folder).expect("created");
    let config = folder.join("nephoscope.yaml");
    std::fs::write(&config, "engine:\n  library: /nowhere/libchdb.so\n").expect("written");
    let (code, words) = Product::refusal(
        &folder.join("data"),
        &["--config", &config.display().to_string()],
    )
    .await;
    assert_eq!(code, 1);
    assert!(words.contains("/nowhere/libchdb.so"), "{words}");
    assert!(
        words.contains("make engine") && words.contains("--clickhouse-url"),
        "{words}"
    );
    std::fs::remove_dir_all(folder).expect("removed");
}

#[tokio::test]
async fn nobody_can_use_the_engine_without_its_password() {
    let product = Product::start(&[]).await;
    let config = std::fs::read_to_string(product.data.join("engine/config.xml")).expect("config");
    let port = config
        .split("<http_port>")
        .nth(1)
        .and_then(|t| t.split('<').next())
        .expect("port");
    let base = format!("http://127.0.0.1:{port}/");
    for sql in [
        "SELECT count() FROM otel.otel_traces",
        "CREATE TABLE otel.x (a UInt8) ENGINE = Memory",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
        "SELECT * FROM file('/etc/passwd', LineAsString, 'a String')",
        "INSERT INTO FUNCTION file('x.csv', CSV, 'a String') VALUES ('x')",
        "INSERT INTO FUNCTION url('http://127.0.0.1:1/', CSV, 'a String') VALUES ('x')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM executable('id', CSV, 'a String')",
        "CREATE TEMPORARY TABLE t (a String) ENGINE = File(CSV, '/etc/passwd')",
        "SELECT name FROM system.users",
        "SYSTEM RELOAD CONFIG",
        "KILL QUERY WHERE 1",
        "DROP DATABASE otel",
    ] {
        let answer = crate::harness::request("POST", &base, &[], sql.as_bytes().to_vec()).await;
        assert!(
            answer.status >= 400,
            "{sql}: {} {}",
            answer.status,
            answer.text()
        );
    }
}
