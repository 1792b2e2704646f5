//! Labelled data beside the repository, where it is: the goals hold on it.

#[path = "../../examples/evaluate/labelled.rs"]
mod labelled;

use labelled::Row;
use threats::inspect::Lens;
use threats::secrets::Secrets;

/// How many of the rows that `which` picks are flagged, and how many there are.
fn flagged(lens: &Lens, rows: &[Row], which: impl Fn(&Row) -> bool) -> (usize, usize) {
    let picked: Vec<&Row> = rows.iter().filter(|row| which(row)).collect();
    let hit = picked.iter().filter(|row| row.look(lens, false).flagged);
    (hit.count(), picked.len())
}

#[test]
fn the_goals_hold_on_labelled_inputs() {
    let Some(rows) = labelled::rows() else {
        eprintln!("skipped: no labelled data beside the repository (../shared/data/threats)");
        return;
    };
    let lens = Lens::new(Secrets::built_in());
    let exploit = |row: &Row| row.label == "attack" && row.corpus != "crs" && row.class != "secret";
    let (hit, all) = flagged(&lens, &rows, exploit);
    assert!(hit * 1_000 >= all * 985, "{hit} of {all} payloads");
    let (hit, all) = flagged(&lens, &rows, |row| {
        row.label == "attack" && row.corpus == "crs"
    });
    assert!(hit * 100 >= all * 85, "{hit} of {all} requests");
    let (hit, all) = flagged(&lens, &rows, |row| row.class == "hard-benign");
    assert!(hit * 100 <= all * 5, "{hit} of {all} hard texts");
    let (hit, all) = flagged(&lens, &rows, |row| row.class == "easy-benign");
    assert!(hit * 10_000 <= all * 5, "{hit} of {all} easy texts");
    let (hit, all) = flagged(&lens, &rows, |row| row.class == "real-traffic");
    assert!(hit * 1_000 <= all, "{hit} of {all} requests of a site");
}
