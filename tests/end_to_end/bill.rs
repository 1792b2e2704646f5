//! `nephoscope bill`, as people and other programs call it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::{BINARY, new_folder};

fn nephoscope(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it runs")
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A folder with `name` in it.
fn folder_with(name: &str, text: &str) -> Folder {
    let folder = Folder(new_folder());
    std::fs::create_dir_all(&*folder).expect("a folder");
    std::fs::write(folder.join(name), text).expect("written");
    folder
}

const COLD: &str = r#"{"id":7,"provider":"aws","platform":"aws_lambda","region":"us-east-1","arch":"x86_64","memory_mb":128,"duration_ms":15.740,"init_ms":130.49,"time":"TIME"}"#;

fn cold(time: &str) -> String {
    COLD.replace("TIME", time)
}

#[test]
fn each_line_is_priced_by_the_list_of_its_day_and_a_total_follows() {
    let text = [
        cold("2025-07-31T23:59:59.999Z"),
        cold("2025-08-01T00:00:00Z"),
    ]
    .join("\n");
    let folder = folder_with("in.jsonl", &text);
    let output = nephoscope(&folder, &["bill", "--input", "in.jsonl"]);
    assert!(output.status.success(), "{}", words(&output));
    let lines = lines(&output);
    assert_eq!(lines.len(), 3);
    for (line, billed_ms, cost) in [
        (&lines[0], 16, "0.0000002333334"),
        (&lines[1], 147, "0.0000005062506125"),
    ] {
        assert_eq!(line["id"], 7);
        assert_eq!(line["billed_ms"], billed_ms);
        assert_eq!(line["cost_usd"], cost);
        assert_eq!(line["book"], "aws");
        assert_eq!(line["provenance"], "derived");
    }
    assert_eq!(lines[2]["total"]["cost_usd"], "0.0000007395840125");
    let raw = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        raw.contains("15.740"),
        "numbers stay as they were written: {raw}"
    );
}

#[test]
fn a_bad_line_is_told_with_its_place_and_the_others_are_priced() {
    let text = format!(
        "{}\n\nnonsense\n{}\n",
        cold("2025-08-01T00:00:00Z"),
        cold("soon")
    );
    let folder = folder_with("in.jsonl", &text);
    let output = nephoscope(&folder, &["bill", "--input", "in.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    let words = words(&output);
    assert!(
        words.contains("in.jsonl:3: it is no JSON object"),
        "{words}"
    );
    assert!(words.contains("in.jsonl:4: `time` is `soon`"), "{words}");
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["total"]["refused"], 2);
}

#[test]
fn a_line_that_is_too_long_or_no_text_is_refused_and_the_next_is_read() {
    let mut bytes = vec![b'x'; 3 << 20];
    bytes.extend(b"\n\xff\xfe\n");
    bytes.extend(cold("2025-08-01T00:00:00Z").bytes());
    let folder = folder_with("in.jsonl", "");
    std::fs::write(folder.join("in.jsonl"), bytes).expect("written");
    let output = nephoscope(&folder, &["bill", "--input", "in.jsonl"]);
    let words = words(&output);
    assert!(words.contains("in.jsonl:1: the line is longer"), "{words}");
    assert!(words.contains("in.jsonl:2: it is not UTF-8"), "{words}");
    assert_eq!(lines(&output)[0]["billed_ms"], 147);
}

#[test]
fn the_seed_book_and_the_free_tier_can_be_chosen() {
    let lambda = r#"{"provider":"aws","arch":"x86_64","region":"us-east-1","memory_mb":512,"duration_ms":120,"time":1762000000,"requests":3000000}"#;
    let folder = folder_with("in.jsonl", lambda);
    let total = |more: &[&str]| {
        let all = [&["bill", "--input", "in.jsonl"], more].concat();
        let output = nephoscope(&folder, &all);
        assert!(output.status.success(), "{}", words(&output));
        lines(&output)[1]["total"].clone()
    };
    assert_eq!(total(&["--book", "seed-2025"])["net_usd_rounded"], "3.60");
    assert_eq!(total(&[])["net_usd_rounded"], "0.40");
    assert_eq!(total(&["--free-tier"])["net_usd_rounded"], "0.40");
    assert_eq!(total(&["--free-tier", "false"])["net_usd_rounded"], "3.60");
    let output = nephoscope(
        &folder,
        &["bill", "--input", "in.jsonl", "--book", "nobody"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        words(&output).contains("there are aws, azure"),
        "{}",
        words(&output)
    );
}

#[test]
fn a_book_of_ones_own_prices_and_a_bad_one_is_refused_by_check() {
    let folder = folder_with("in.jsonl", &cold("2025-08-01T00:00:00Z"));
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write(
        "nephoscope.yaml",
        "costs:\n  books: [ours.yaml]\n  use: {aws: ours}\n",
    );
    write(
        "ours.yaml",
        "id: ours\nextends: aws\ndiscount_percent: 10\n",
    );
    let output = nephoscope(&folder, &["bill", "--input", "in.jsonl"]);
    let line = &lines(&output)[0];
    assert_eq!(
        (&line["book"], &line["cost_usd"]),
        (&"ours".into(), &"0.00000045562555125".into())
    );
    let output = nephoscope(&folder, &["check"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("price book ours: valid, in USD"), "{told}");
    write(
        "ours.yaml",
        "id: ours\nextends: aws\ndiscount_percent: 110\n",
    );
    let output = nephoscope(&folder, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let words = words(&output);
    assert!(
        words.contains("ours.yaml:3:19: `discount_percent` must be 0 to 100"),
        "{words}"
    );
}
