//! Bytes to rows: decoding in both encodings and all signals, then normalising.

#![no_main]

use collector::Signal;
use bytes::Bytes;
use collector::decode::{Encoding, decode};
use collector::normalise::Normaliser;
use libfuzzer_sys::fuzz_target;
use store::model::UnixNano;
use store::write::Batch;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, body)) = input.split_first() else {
        return;
    };
    let signal = Signal::ALL[usize::from(choice) % Signal::ALL.len()];
    let encoding = if choice & 0x80 == 0 {
        Encoding::Protobuf
    } else {
        Encoding::Json
    };
    let Ok(request) = decode(signal, encoding, Bytes::copy_from_slice(body)) else {
        return;
    };
    // A fixed clock keeps findings repeatable.
    let now = UnixNano::from_secs(1_800_000_000);
    let (mut normaliser, mut batch) = (Normaliser::new(), Batch::default());
    // What was found sound at the door is read without a fault behind it.
    let rejected = match signal {
        Signal::Traces => normaliser.traces(&request, now, &mut batch),
        Signal::Logs => normaliser.logs(&request, now, &mut batch),
        Signal::Metrics => normaliser.metrics(&request, now, &mut batch),
    }
    .expect("sound at the door");
    assert_eq!(rejected.count == 0, rejected.message().is_empty());
});
