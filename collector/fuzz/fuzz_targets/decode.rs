//! Bytes to rows: decoding in both encodings and all signals, then normalising.

#![no_main]

use collector::Signal;
use collector::decode::{Decoded, Encoding, decode};
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
    let Ok((message, _)) = decode(signal, encoding, body) else {
        return;
    };
    // A fixed clock keeps findings repeatable.
    let now = UnixNano::from_secs(1_800_000_000);
    let (mut normaliser, mut batch) = (Normaliser::new(), Batch::default());
    let rejected = match &message {
        Decoded::Traces(request) => normaliser.traces(request, now, &mut batch),
        Decoded::Logs(request) => normaliser.logs(request, now, &mut batch),
        Decoded::Metrics(request) => normaliser.metrics(request, now, &mut batch),
    };
    assert_eq!(rejected.count == 0, rejected.message().is_empty());
});
