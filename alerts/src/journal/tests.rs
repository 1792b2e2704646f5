use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use store::model::UnixNano;

use super::*;
use crate::silences::Silence;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let nth = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nephoscope-journal-{}-{nth}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn silence(id: &str) -> Change {
    Change::SilencePut(Silence {
        id: id.to_owned(),
        matcher_sets: vec![
            crate::matchers::parse("a=~\"b|c\"")
                .expect("matchers")
                .into_iter()
                .collect(),
        ],
        starts_at: UnixNano(1),
        ends_at: UnixNano(i64::MAX),
        updated_at: UnixNano(1),
        created_by: "Zoë".to_owned(),
        comment: "\u{0}\n".to_owned(),
        annotations: Default::default(),
    })
}

fn batch(changes: &[Change]) -> Batch {
    let mut batch = Batch::default();
    batch.add(changes).expect("JSON");
    batch
}

fn ids(state: &State) -> Vec<String> {
    state.silences().iter().map(|s| s.id.clone()).collect()
}

#[test]
fn what_was_appended_is_there_again_and_wherever_a_crash_tears_the_end_the_rest_is() {
    let folder = Folder::new();
    let (mut journal, state) = Journal::open(&folder.0).expect("begun");
    assert!(ids(&state).is_empty());
    let begin = journal.bytes();
    journal
        .append(&batch(&[silence("1"), silence("2")]))
        .expect("appended");
    let first = journal.bytes();
    journal.append(&batch(&[silence("3")])).expect("appended");
    let second = journal.bytes();
    drop(journal);
    let whole = std::fs::read(folder.0.join(NAME)).expect("read");
    assert_eq!(whole.len() as u64, second);
    for cut in begin..=second {
        let cut_at = usize::try_from(cut).expect("small");
        std::fs::write(folder.0.join(NAME), &whole[..cut_at]).expect("cut");
        let (mut journal, state) = Journal::open(&folder.0).expect("opened");
        let want: &[&str] = match cut {
            _ if cut == second => &["1", "2", "3"],
            _ if cut >= first => &["1", "2"],
            _ => &[],
        };
        assert_eq!(ids(&state), want, "cut at {cut}");
        // What is appended behind a torn end is not lost with it.
        journal.append(&batch(&[silence("4")])).expect("appended");
        let (_, state) = Journal::open(&folder.0).expect("opened");
        assert_eq!(ids(&state), [want, &["4"]].concat(), "cut at {cut}");
    }
}

#[test]
fn a_flipped_bit_ends_the_reading_there_and_is_kept_to_be_looked_at() {
    let folder = Folder::new();
    let (mut journal, _) = Journal::open(&folder.0).expect("begun");
    journal.append(&batch(&[silence("1")])).expect("appended");
    let first = usize::try_from(journal.bytes()).expect("small");
    journal.append(&batch(&[silence("2")])).expect("appended");
    let mut bytes = std::fs::read(folder.0.join(NAME)).expect("read");
    let torn = bytes.len() - first;
    bytes[first + 20] ^= 1;
    std::fs::write(folder.0.join(NAME), bytes).expect("written");
    let (_, state) = Journal::open(&folder.0).expect("opened");
    assert_eq!(ids(&state), ["1"]);
    let kept = std::fs::metadata(folder.0.join("journal.torn")).expect("kept");
    assert_eq!(kept.len(), torn as u64);
}

#[test]
fn written_anew_it_holds_the_same_in_fewer_bytes_and_goes_on() {
    let folder = Folder::new();
    let (mut journal, mut state) = Journal::open(&folder.0).expect("begun");
    for _ in 0..50 {
        let changes = [silence("1"), silence("2")];
        changes.iter().for_each(|change| state.apply(change));
        journal.append(&batch(&changes)).expect("appended");
    }
    let before = journal.bytes();
    journal.write_anew(&state).expect("written");
    assert!(journal.bytes() < before / 10);
    journal.append(&batch(&[silence("3")])).expect("appended");
    let (_, state) = Journal::open(&folder.0).expect("opened");
    assert_eq!(ids(&state), ["1", "2", "3"]);
}

#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("made");
    for text in ["", "nephalrt\u{2}", "something else entirely"] {
        std::fs::write(folder.0.join(NAME), text).expect("written");
        let error = Journal::open(&folder.0).expect_err("refused");
        assert!(matches!(error, Error::Foreign(_)), "{error}");
        assert_eq!(
            std::fs::read_to_string(folder.0.join(NAME)).expect("read"),
            text
        );
    }
}
