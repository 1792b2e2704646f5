//! A segment with anything in it: every whole frame is found, in order, and every byte is told of.

#![no_main]

use bytes::Bytes;
use collector::spool::{Entry, Frame, fuzz};
use libfuzzer_sys::fuzz_target;
use store::model::UnixNano;

const BODY_BYTES_MAX: usize = 1 << 16;

/// What stands in the segment, one after another: an operation, a length, and so many bytes.
fn segment(mut input: &[u8]) -> (Vec<u8>, Vec<Frame>) {
    let (mut bytes, mut whole) = (fuzz::head(), Vec::new());
    while let [operation, length, rest @ ..] = input {
        let (own, next) = rest.split_at(rest.len().min(usize::from(*length)));
        input = next;
        let frame = Frame {
            kind: operation >> 3,
            key: 0,
            received: UnixNano(i64::from(*length)),
            body: Bytes::copy_from_slice(own),
        };
        let mut encoded = fuzz::encoded(&frame);
        match operation & 7 {
            0 => bytes.extend(own),
            1 => {
                // Damaged somewhere.
                let at = usize::from(*own.first().unwrap_or(&0)) % encoded.len();
                encoded[at] ^= own.get(1).map_or(1, |flip| flip | 1);
                bytes.extend(encoded);
            }
            2 => bytes.extend(&encoded[..encoded.len() / 2]),
            3 => {
                bytes.extend(fuzz::MARK);
                bytes.extend(own);
            }
            4 => {
                // Says it is longer than it is.
                encoded[12..16].copy_from_slice(&(u32::from(*length) * 977 + 1).to_le_bytes());
                bytes.extend(encoded);
            }
            _ => {
                bytes.extend(encoded);
                whole.push(frame);
            }
        }
    }
    (bytes, whole)
}

fuzz_target!(|input: &[u8]| {
    let (bytes, whole) = segment(input);
    let folder = std::env::temp_dir().join(format!("nephoscope-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("00000000000000000000.segment");
    std::fs::write(&path, &bytes).expect("written");
    let (entries, covered) = fuzz::recovered(&folder, BODY_BYTES_MAX).expect("read");
    let left = std::fs::metadata(&path).map_or(16, |file| file.len());
    assert_eq!(covered, left - 16, "every byte is told of");
    let mut read = entries.into_iter().filter_map(|entry| match entry {
        Entry::Frame(frame) => Some(frame),
        Entry::Damaged(..) => None,
    });
    // Half a frame and the right bytes behind it are a frame, too: what is read may be more.
    for frame in whole {
        assert!(read.any(|one| one == frame), "{frame:?} was not found");
    }
});
