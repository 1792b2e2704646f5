//! The walker against `prost`: the same requests are taken and refused, and the same rows made of
//! them, whatever is done to their bytes.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use prost::encoding::{decode_varint, encode_varint};
use serde_json::json;

use super::super::memory::Memory;
use super::super::rejected::Rejected;
use super::super::{logs as of_logs, metrics as of_metrics, skim, traces as of_traces};
use super::properties::{a_metric, a_record, a_resource, a_span, a_text, attributes};
use super::reference;
use super::support::*;
use crate::decode::protobuf::check;
use crate::decode::wire::{self, Extent};
use crate::signal::Signal;

/// What was made of a request, for comparing.
fn told(make: impl FnOnce(&mut Memory, &mut Recorder) -> Rejected) -> serde_json::Value {
    let mut recorder = Recorder::default();
    let rejected = make(&mut Memory::new(), &mut recorder);
    json!({ "told": recorder.json(), "rejected": rejected.message() })
}

/// Both ways of reading, side by side.
fn compare(signal: Signal, body: &[u8]) -> Result<(), TestCaseError> {
    let (theirs, ours) = match signal {
        Signal::Traces => (
            ExportTraceServiceRequest::decode(body).ok().map(|request| {
                let request = reference::traces(&request);
                told(|memory, out| of_traces::normalise(memory, &request, now(), out))
            }),
            wire::Traces::read(body, Extent::Whole).ok().map(|request| {
                told(|memory, out| of_traces::normalise(memory, &request, now(), out))
            }),
        ),
        Signal::Logs => (
            ExportLogsServiceRequest::decode(body).ok().map(|request| {
                let request = reference::logs(&request);
                told(|memory, out| of_logs::normalise(memory, &request, now(), out))
            }),
            wire::Logs::read(body, Extent::Whole).ok().map(|request| {
                told(|memory, out| of_logs::normalise(memory, &request, now(), out))
            }),
        ),
        Signal::Metrics => (
            ExportMetricsServiceRequest::decode(body)
                .ok()
                .map(|request| {
                    let request = reference::metrics(&request);
                    told(|memory, out| of_metrics::normalise(memory, &request, now(), out))
                }),
            wire::Metrics::read(body, Extent::Whole)
                .ok()
                .map(|request| {
                    told(|memory, out| of_metrics::normalise(memory, &request, now(), out))
                }),
        ),
    };
    // Bodies this small are never refused for what they would become.
    prop_assert_eq!(check(signal, body).is_ok(), theirs.is_some());
    if let Some(ours) = &ours {
        // What is refused is known without attributes.
        let skimmed = skim(signal, body, now(), &mut Recorder::default());
        let message = skimmed.expect("sound").message();
        prop_assert_eq!(&ours["rejected"], &json!(message));
    }
    prop_assert_eq!(ours, theirs);
    Ok(())
}

/// Choices, one after another, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// A message taken apart into its fields, each as its bytes; `None` if it is no message.
fn fields(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let whole = bytes;
        let key = decode_varint(&mut bytes).ok()?;
        let skipped = match key & 7 {
            0 => decode_varint(&mut bytes).map(|_| 0).ok()?,
            1 => 8,
            2 => decode_varint(&mut bytes).ok()? as usize,
            5 => 4,
            _ => return None,
        };
        bytes = bytes.get(skipped..)?;
        fields.push(&whole[..whole.len() - bytes.len()]);
    }
    Some(fields)
}

fn put_delimited(key: u64, value: &[u8], out: &mut Vec<u8>) {
    encode_varint(key, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// Does to the fields of a message, and to those of the messages inside, what a writer may do, and
/// what none should.
fn twist(bytes: &[u8], dice: &mut Dice, out: &mut Vec<u8>) {
    let Some(mut fields) = fields(bytes) else {
        out.extend_from_slice(bytes);
        return;
    };
    if fields.len() > 1 && dice.below(3) == 0 {
        let (a, b) = (dice.below(fields.len()), dice.below(fields.len()));
        fields.swap(a, b);
    }
    for field in fields {
        twist_field(field, dice, out);
        match dice.below(30) {
            0 => twist_field(field, dice, out),
            1 => out.extend_from_slice(&[0xf8, 0x07, 0x05]),
            2 => put_delimited(200 << 3 | 2, b"unknown", out),
            3 => out.extend_from_slice(&[0xfb, 0x07, 1 << 3, 7, 0xfc, 0x07]),
            _ => {}
        }
    }
    match dice.below(60) {
        0 => out.extend_from_slice(&[0xfb, 0x07]),
        1 => out.extend_from_slice(&[3 << 3 | 4]),
        2 => out.extend_from_slice(&[0x07]),
        3 => out.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        _ => {}
    }
}

fn twist_field(mut field: &[u8], dice: &mut Dice, out: &mut Vec<u8>) {
    let whole = field;
    let Ok(key) = decode_varint(&mut field) else {
        return;
    };
    if key & 7 != 2 {
        match dice.below(100) {
            0 => encode_varint(key ^ 1, out),
            // Numbers may be written longer than they need be.
            1 if key & 7 == 0 => {
                encode_varint(key, out);
                let value = decode_varint(&mut field).unwrap_or(0);
                let longer = [
                    0x80 | (value & 0x7f) as u8,
                    0x80 | (value >> 7 & 0x7f) as u8,
                    0,
                ];
                out.extend_from_slice(&longer);
                return;
            }
            _ => {}
        }
        out.extend_from_slice(whole);
        return;
    }
    let _ = decode_varint(&mut field);
    let mut value = Vec::new();
    twist(field, dice, &mut value);
    let parts = fields(&value).filter(|parts| parts.len() > 1 && dice.below(10) == 0);
    match parts {
        // A message in two parts, perhaps with another field between.
        Some(parts) => {
            let cut = dice.below(parts.len());
            put_delimited(key, &parts[..cut].concat(), out);
            put_delimited(key, &parts[cut..].concat(), out);
        }
        None if dice.below(150) == 0 => put_delimited(key ^ 3, &value, out),
        None => put_delimited(key, &value, out),
    }
}

/// The bytes themselves, then twisted ones, then damaged and cut ones.
fn compare_all(signal: Signal, body: &[u8], seed: u64) -> Result<(), TestCaseError> {
    compare(signal, body)?;
    let mut dice = Dice(seed);
    let mut twisted = body.to_vec();
    for _ in 0..4 {
        let mut next = Vec::new();
        twist(&twisted, &mut dice, &mut next);
        twisted = next;
        compare(signal, &twisted)?;
    }
    for body in [body, &twisted] {
        let mut damaged = body.to_vec();
        for _ in 0..3 {
            let place = dice.below(damaged.len());
            if let Some(byte) = damaged.get_mut(place) {
                *byte = dice.below(256) as u8;
            }
            compare(signal, &damaged)?;
        }
        compare(signal, &body[..dice.below(body.len() + 1)])?;
    }
    Ok(())
}

fn a_scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    let scope = (a_text(), a_text(), attributes(), any::<u32>()).prop_map(
        |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        },
    );
    proptest::option::of(scope)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(256)
    })]

    #[test]
    fn spans_are_read_as_prost_reads_them(
        groups in vec((a_resource(), a_scope(), vec(a_span(), 0..4)), 0..3),
        texts in (a_text(), a_text()),
        seed in any::<u64>(),
    ) {
        let groups = groups.into_iter().map(|(resource, scope, mut list)| {
            for span in &mut list {
                span.trace_state.clone_from(&texts.0);
                span.flags = 0x101;
                if let Some(status) = &mut span.status {
                    status.message.clone_from(&texts.1);
                }
            }
            let mut group = spans(resource, list);
            group.scope_spans[0].scope = scope;
            group.schema_url.clone_from(&texts.1);
            group
        });
        let mut request = traces(groups.collect());
        if let Some(resource) = request.resource_spans.first_mut().and_then(|g| g.resource.as_mut()) {
            resource.entity_refs.push(EntityRef { id_keys: vec![texts.0], ..EntityRef::default() });
        }
        compare_all(Signal::Traces, &request.encode_to_vec(), seed)?;
    }

    #[test]
    fn records_are_read_as_prost_reads_them(
        groups in vec((a_resource(), a_scope(), vec(a_record(), 0..4)), 0..3),
        texts in (a_text(), a_text()),
        seed in any::<u64>(),
    ) {
        let groups = groups.into_iter().flat_map(|(resource, scope, mut list)| {
            for record in &mut list {
                record.severity_text.clone_from(&texts.0);
                record.event_name.clone_from(&texts.1);
            }
            let mut request = logs(resource, list);
            request.resource_logs[0].scope_logs[0].scope = scope;
            request.resource_logs[0].schema_url.clone_from(&texts.0);
            request.resource_logs[0].scope_logs[0].schema_url.clone_from(&texts.1);
            request.resource_logs
        });
        let request = ExportLogsServiceRequest { resource_logs: groups.collect() };
        compare_all(Signal::Logs, &request.encode_to_vec(), seed)?;
    }

    #[test]
    fn points_are_read_as_prost_reads_them(
        groups in vec((a_resource(), a_scope(), vec(a_metric(), 0..4)), 0..3),
        metadata in attributes(),
        text in a_text(),
        seed in any::<u64>(),
    ) {
        let groups = groups.into_iter().flat_map(|(resource, scope, mut list)| {
            for metric in &mut list {
                metric.description.clone_from(&text);
                metric.metadata.clone_from(&metadata);
            }
            let mut request = metrics(resource, list);
            request.resource_metrics[0].scope_metrics[0].scope = scope;
            request.resource_metrics[0].schema_url.clone_from(&text);
            request.resource_metrics[0].scope_metrics[0].schema_url.clone_from(&text);
            request.resource_metrics
        });
        let request = ExportMetricsServiceRequest { resource_metrics: groups.collect() };
        compare_all(Signal::Metrics, &request.encode_to_vec(), seed)?;
    }

    #[test]
    fn noise_is_refused_as_prost_refuses_it(body in vec(any::<u8>(), 0..200)) {
        for signal in Signal::ALL {
            compare(signal, &body)?;
        }
    }
}

#[test]
fn nesting_is_taken_as_deep_as_prost_takes_it() {
    let mut any = b"\x0a\x01x".to_vec();
    for _ in 0..60 {
        let (mut values, mut array) = (Vec::new(), Vec::new());
        put_delimited(1 << 3 | 2, &any, &mut values);
        put_delimited(5 << 3 | 2, &values, &mut array);
        any = array;
        for unknown in [&b""[..], b"\xf8\x07\x05"] {
            let mut body = [b"\x0a\x01k".to_vec(), Vec::new()].concat();
            put_delimited(2 << 3 | 2, &[unknown, &any].concat(), &mut body);
            for key in [9 << 3 | 2, 2 << 3 | 2, 2 << 3 | 2, 1 << 3 | 2] {
                let inner = std::mem::take(&mut body);
                put_delimited(key, &inner, &mut body);
            }
            compare(Signal::Traces, &body).unwrap();
        }
    }
}
