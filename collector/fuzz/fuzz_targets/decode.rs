//! Bytes to rows: decoding in both encodings and all signals, then normalising.

#![no_main]

use bytes::Bytes;
use collector::Signal;
use collector::decode::{DecodeError, Encoding, decode};
use collector::normalise::Normaliser;
use libfuzzer_sys::fuzz_target;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use store::model::UnixNano;
use store::write::Batch;

fn is_taken_by_prost(signal: Signal, body: &[u8]) -> bool {
    match signal {
        Signal::Traces => ExportTraceServiceRequest::decode(body).is_ok(),
        Signal::Logs => ExportLogsServiceRequest::decode(body).is_ok(),
        Signal::Metrics => ExportMetricsServiceRequest::decode(body).is_ok(),
    }
}

fn is_too_big(decoded: &Result<Bytes, DecodeError>) -> bool {
    decoded.as_ref().is_err_and(|error| error.too_big)
}

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
    let decoded = decode(signal, encoding, Bytes::copy_from_slice(body));
    if encoding == Encoding::Protobuf {
        // The walker takes what prost takes; only what would become too big is refused by it alone.
        let ours = decoded.as_ref().map_or_else(|error| error.too_big, |_| true);
        assert_eq!(ours, is_taken_by_prost(signal, body) || is_too_big(&decoded));
    }
    let Ok(request) = decoded else {
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
