use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use store::model::UnixNano;

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nephoscope-spool-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn options(&self) -> Options {
        Options {
            folder: self.0.clone(),
            disk_bytes_max: 1 << 20,
            segment_bytes: 2_000,
            body_bytes_max: 100_000,
            durability: Durability::Disk,
        }
    }

    fn open(&self) -> (Spool<()>, Outlet, Ledger) {
        opened(&self.options())
    }

    fn last_segment(&self) -> PathBuf {
        segment::list(&self.0)
            .expect("listed")
            .pop()
            .expect("one")
            .path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Opened, with a companion of no interest that nobody takes.
fn opened(options: &Options) -> (Spool<()>, Outlet, Ledger) {
    let Opened {
        spool,
        outlet,
        ledger,
        ..
    } = open(options).expect("opened");
    (spool, outlet, ledger)
}

fn frame(number: u32) -> Frame {
    let body = format!(
        "request {number} {}",
        "x".repeat((number as usize * 37) % 500)
    );
    Frame {
        kind: 1,
        received: UnixNano(i64::from(number)),
        key: number,
        body: Bytes::from(body),
    }
}

async fn append(spool: &Spool<()>, numbers: std::ops::Range<u32>) {
    for number in numbers {
        assert_eq!(
            spool.append(frame(number), ()).await.expect("kept"),
            Appended::Stored
        );
    }
}

/// Numbers of all frames up to the end, and how many damaged places lie between.
fn read_all(outlet: &mut Outlet) -> (Vec<i64>, usize) {
    let (mut numbers, mut damaged) = (Vec::new(), 0);
    while let Some((entry, _)) = outlet.read(None).expect("read") {
        match entry {
            Entry::Frame(frame) => numbers.push(frame.received.0),
            Entry::Damaged(..) => damaged += 1,
        }
    }
    (numbers, damaged)
}

#[tokio::test]
async fn what_was_appended_is_read_back_in_order_over_many_segments_and_restarts() {
    let folder = Folder::new();
    let (spool, mut outlet, _) = folder.open();
    append(&spool, 0..20).await;
    assert_eq!(read_all(&mut outlet), ((0..20).collect(), 0));
    append(&spool, 20..40).await;
    assert_eq!(read_all(&mut outlet), ((20..40).collect(), 0));
    drop((spool, outlet));
    let (spool, mut outlet, _) = folder.open();
    append(&spool, 40..50).await;
    assert_eq!(
        read_all(&mut outlet),
        ((0..50).collect(), 0),
        "nothing was noted as stored"
    );
}

#[tokio::test]
async fn a_request_sent_again_is_acknowledged_and_kept_once_even_after_a_restart() {
    let folder = Folder::new();
    let (spool, outlet, _) = folder.open();
    append(&spool, 0..3).await;
    assert_eq!(
        spool.append(frame(1), ()).await.expect("known"),
        Appended::Repeated
    );
    drop((spool, outlet));
    let (spool, mut outlet, _) = folder.open();
    assert_eq!(
        spool.append(frame(2), ()).await.expect("known"),
        Appended::Repeated
    );
    assert_eq!(read_all(&mut outlet), ((0..3).collect(), 0));
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_what_follows_is_kept() {
    let folder = Folder::new();
    let (spool, outlet, _) = folder.open();
    append(&spool, 0..2).await;
    drop((spool, outlet));
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(folder.last_segment())
        .expect("open");
    let torn = [&frame(7).header(*b"no mark!")[..], b"half a bo"].concat();
    file.write_all(&torn).expect("written");
    drop(file);
    let (spool, mut outlet, _) = folder.open();
    append(&spool, 2..4).await;
    assert_eq!(read_all(&mut outlet), ((0..4).collect(), 0));
}

#[tokio::test]
async fn a_damaged_frame_is_reported_with_its_bytes_and_its_neighbours_are_kept() {
    let folder = Folder::new();
    let (spool, outlet, _) = folder.open();
    append(&spool, 0..5).await;
    let second = frame(0).disk_bytes() + SEGMENT_HEADER_BYTES;
    drop((spool, outlet));
    let path = segment::list(&folder.0).expect("listed")[0].path.clone();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("open");
    file.seek(SeekFrom::Start(second + 40)).expect("moved");
    file.write_all(b"\xff").expect("written");
    drop(file);
    let (_spool, mut outlet, _) = folder.open();
    assert_eq!(read_all(&mut outlet), (vec![0, 2, 3, 4], 1));
}

#[tokio::test]
async fn a_full_spool_refuses_and_takes_more_once_something_is_stored() {
    let folder = Folder::new();
    let options = Options {
        disk_bytes_max: 20_000,
        ..folder.options()
    };
    let (spool, mut outlet, mut ledger) = opened(&options);
    let mut kept = 0;
    while spool.append(frame(kept), ()).await.is_ok() {
        kept += 1;
    }
    assert!(matches!(
        spool.append(frame(kept), ()).await,
        Err(AppendError::Full(20_000))
    ));
    assert_eq!(read_all(&mut outlet).0.len(), kept as usize);
    let cut = Cut {
        from: 0,
        to: outlet.position(),
    };
    ledger.begin(cut).expect("noted");
    ledger.done(cut).expect("noted");
    assert_eq!(
        spool.append(frame(kept), ()).await.expect("kept"),
        Appended::Stored
    );
}

#[tokio::test]
async fn an_insert_that_was_begun_is_cut_again_at_the_same_place_under_the_same_token() {
    let folder = Folder::new();
    let (spool, mut outlet, mut ledger) = folder.open();
    append(&spool, 0..4).await;
    let mut to = 0;
    for _ in 0..3 {
        to = outlet.read(None).expect("read").expect("there").1;
    }
    let cut = Cut { from: 0, to };
    let token = ledger.begin(cut).expect("noted");
    drop((spool, outlet, ledger));

    let (spool, mut outlet, mut ledger) = folder.open();
    append(&spool, 4..6).await;
    assert_eq!(ledger.unfinished(), Some(cut));
    for number in 0..3 {
        let (entry, _) = outlet.read(Some(cut.to)).expect("read").expect("there");
        assert!(matches!(entry, Entry::Frame(frame) if frame.received.0 == number));
    }
    assert!(outlet.read(Some(cut.to)).expect("read").is_none());
    assert_eq!(ledger.begin(cut).expect("noted"), token);
    ledger.done(cut).expect("noted");
    drop((spool, outlet, ledger));

    let (_spool, mut outlet, ledger) = folder.open();
    assert_eq!(ledger.unfinished(), None);
    assert_eq!(
        read_all(&mut outlet),
        ((3..6).collect(), 0),
        "what is stored is not read again"
    );
}

#[tokio::test]
async fn stored_segments_are_deleted_but_for_the_last_ones() {
    let folder = Folder::new();
    let (spool, mut outlet, mut ledger) = folder.open();
    append(&spool, 0..60).await;
    let before = segment::list(&folder.0).expect("listed").len();
    assert!(before > 4, "{before}");
    read_all(&mut outlet);
    let cut = Cut {
        from: 0,
        to: outlet.position(),
    };
    ledger.begin(cut).expect("noted");
    ledger.done(cut).expect("noted");
    let after = segment::list(&folder.0).expect("listed");
    assert_eq!(after.len() as u64, REMEMBERED_SEGMENTS + 1);
    let on_disk: u64 = after
        .iter()
        .map(|s| s.path.metadata().expect("there").len())
        .sum();
    assert_eq!(spool.watch().used_bytes(), on_disk);
}

#[tokio::test]
async fn what_waits_and_since_when_is_known_after_a_restart_too() {
    let folder = Folder::new();
    let (spool, mut outlet, mut ledger) = folder.open();
    append(&spool, 1..5).await;
    let bytes = |numbers: std::ops::Range<u32>| numbers.map(|n| frame(n).disk_bytes()).sum::<u64>();
    let waiting = spool.watch().waiting();
    assert_eq!((waiting.requests, waiting.bytes), (4, bytes(1..5)));
    assert_eq!(waiting.oldest, Some(UnixNano(1)));
    let to = outlet.read(None).expect("read").expect("there").1;
    let cut = Cut { from: 0, to };
    ledger.begin(cut).expect("noted");
    ledger.done(cut).expect("noted");
    drop((spool, outlet, ledger));

    let (spool, mut outlet, mut ledger) = folder.open();
    let waiting = spool.watch().waiting();
    assert_eq!((waiting.requests, waiting.bytes), (3, bytes(2..5)));
    assert_eq!(waiting.oldest, Some(UnixNano(2)));
    read_all(&mut outlet);
    let rest = Cut {
        from: to,
        to: outlet.position(),
    };
    ledger.begin(rest).expect("noted");
    ledger.done(rest).expect("noted");
    let waiting = spool.watch().waiting();
    assert_eq!(
        (waiting.requests, waiting.bytes, waiting.oldest),
        (0, 0, None)
    );
}

fn store_all(outlet: &mut Outlet, ledger: &mut Ledger) {
    let from = outlet.position();
    read_all(outlet);
    let cut = Cut {
        from,
        to: outlet.position(),
    };
    ledger.begin(cut).expect("noted");
    ledger.done(cut).expect("noted");
}

#[tokio::test]
async fn a_request_is_recognised_after_many_restarts_that_kept_little_each() {
    let folder = Folder::new();
    for number in 0..6 {
        let (spool, mut outlet, mut ledger) = folder.open();
        append(&spool, number..number + 1).await;
        store_all(&mut outlet, &mut ledger);
    }
    let (spool, _, _) = folder.open();
    assert_eq!(
        spool.append(frame(0), ()).await.expect("known"),
        Appended::Repeated
    );
}

#[tokio::test]
async fn while_no_new_segment_can_be_begun_requests_are_refused_and_none_is_lost_afterwards() {
    let folder = Folder::new();
    let (spool, outlet, ledger) = folder.open();
    append(&spool, 0..1).await;
    let full = Frame {
        body: Bytes::from(vec![7; 2_000]),
        ..frame(1)
    };
    let name = format!("{:020}.segment", outlet.end() + full.disk_bytes());
    std::fs::create_dir(folder.0.join(&name)).expect("in the way");
    spool.append(full, ()).await.expect("kept");
    for _ in 0..3 {
        let refused = spool.append(frame(2), ()).await;
        assert!(matches!(refused, Err(AppendError::Io(_))), "{refused:?}");
    }
    std::fs::remove_dir(folder.0.join(&name)).expect("out of the way");
    append(&spool, 2..9).await;
    drop((spool, outlet, ledger));
    let (_spool, mut outlet, _) = folder.open();
    assert_eq!(read_all(&mut outlet), ((0..9).collect(), 0));
}

#[tokio::test]
async fn half_a_segment_that_a_failed_attempt_left_is_written_anew() {
    let folder = Folder::new();
    let (spool, mut outlet, ledger) = folder.open();
    append(&spool, 0..1).await;
    let full = Frame {
        body: Bytes::from(vec![7; 2_000]),
        ..frame(1)
    };
    let end = outlet.end() + full.disk_bytes();
    let left = folder.0.join(format!("{end:020}.segment"));
    std::fs::write(&left, b"NEPH").expect("left");
    spool.append(full, ()).await.expect("kept");
    append(&spool, 2..5).await;
    assert_eq!(read_all(&mut outlet), ((0..5).collect(), 0));
    assert_eq!(folder.last_segment(), left);
    drop((spool, outlet, ledger));
    let (_spool, mut outlet, _) = folder.open();
    assert_eq!(read_all(&mut outlet), ((0..5).collect(), 0));
}

#[tokio::test]
async fn what_is_half_written_behind_the_end_is_not_read_before_it_is_whole() {
    let folder = Folder::new();
    let (spool, mut outlet, _ledger) = folder.open();
    append(&spool, 0..2).await;
    // As a write under way may look to a reader: the mark is there already, the body is another's.
    let path = folder.last_segment();
    let bytes = std::fs::read(&path).expect("read");
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("open");
    file.write_all_at(&bytes[SEGMENT_HEADER_BYTES as usize..], bytes.len() as u64)
        .expect("written");
    assert_eq!(read_all(&mut outlet), (vec![0, 1], 0));
    append(&spool, 2..5).await;
    assert_eq!(read_all(&mut outlet), ((2..5).collect(), 0));
}

#[tokio::test]
async fn half_a_line_in_the_ledger_hides_no_later_one_from_a_restart() {
    let folder = Folder::new();
    let (spool, mut outlet, mut ledger) = folder.open();
    append(&spool, 0..4).await;
    // As a full disk leaves it; the attempt is then repeated.
    let path = folder.0.join("cuts");
    let length = path.metadata().expect("there").len();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("open");
    file.write_all_at(b"half a li", length).expect("written");
    store_all(&mut outlet, &mut ledger);
    drop((spool, outlet, ledger));
    let (_spool, mut outlet, ledger) = folder.open();
    assert_eq!(ledger.unfinished(), None);
    assert_eq!(read_all(&mut outlet), (vec![], 0));
}
