//! Books that are refused, each with its place and reason: `tests/fixtures/prices/bad/`.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::book::{LISTS, load};

#[test]
fn every_bad_book_is_refused_with_file_line_column_and_the_reason_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/prices/bad");
    let mut known = BTreeMap::new();
    for (file, text) in LISTS {
        let book = load(file, text, &known).expect("a valid list");
        known.insert(book.id.clone(), book);
    }
    let (mut seen, mut faults) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a book");
        let want = std::fs::read_to_string(path.with_extension("message")).expect("its message");
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let error = load(name, &text, &known).expect_err(name).to_string();
        if error != want.trim() {
            faults.push(error);
        }
        seen += 1;
    }
    assert!(faults.is_empty(), "not as expected:\n{}", faults.join("\n"));
    assert!(seen >= 15, "only {seen} fixtures");
}
