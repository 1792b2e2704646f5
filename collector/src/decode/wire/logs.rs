//! `ExportLogsServiceRequest`.

use std::ops::Range;

use store::model::AttributeValue;

use super::common::{Resource, Scope};
use super::lists::{Extent, List, Lists, Of};
use super::reader::{Depth, Malformed, Reader};
use super::value::Any;

/// A request with its records in one list.
#[derive(Default)]
pub(crate) struct Logs<'a> {
    pub(crate) resources: Vec<ResourceLogs<'a>>,
    pub(crate) scopes: Vec<ScopeLogs<'a>>,
    pub(crate) records: Vec<LogRecord<'a>>,
    pub(crate) lists: Lists<'a>,
}

/// A resource and its scopes in [`Logs::scopes`].
#[derive(Default)]
pub(crate) struct ResourceLogs<'a> {
    pub(crate) resource: Resource<'a>,
    pub(crate) schema_url: &'a str,
    pub(crate) scopes: Range<usize>,
}

/// A scope and its records in [`Logs::records`].
#[derive(Default)]
pub(crate) struct ScopeLogs<'a> {
    pub(crate) scope: Scope<'a>,
    pub(crate) schema_url: &'a str,
    pub(crate) records: Range<usize>,
}

/// A `LogRecord`.
#[derive(Debug, Default)]
pub(crate) struct LogRecord<'a> {
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) severity_number: i32,
    pub(crate) severity_text: &'a str,
    pub(crate) body: AttributeValue<'a>,
    pub(crate) attributes: List,
    pub(crate) flags: u32,
    pub(crate) trace_id: &'a [u8],
    pub(crate) span_id: &'a [u8],
    pub(crate) event_name: &'a str,
}

impl<'a> Logs<'a> {
    /// Reads a request.
    pub(crate) fn read(bytes: &'a [u8], extent: Extent) -> Result<Self, Malformed> {
        let mut logs = Self {
            lists: Lists::new(extent),
            ..Self::default()
        };
        let depth = Depth::TOP;
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => logs.resource_logs(reader.bytes(wire)?, depth.enter()?)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        Ok(logs)
    }

    fn resource_logs(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut group = ResourceLogs::default();
        let from = self.scopes.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => group.resource.merge(reader.bytes(wire)?, depth.enter()?)?,
                2 => self.scope_logs(reader.bytes(wire)?, depth.enter()?)?,
                3 => group.schema_url = reader.text(wire)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        group.scopes = from..self.scopes.len();
        self.resources.push(group);
        Ok(())
    }

    fn scope_logs(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut group = ScopeLogs::default();
        let from = self.records.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => group.scope.merge(reader.bytes(wire)?, depth.enter()?)?,
                2 => {
                    let record = self.record(reader.bytes(wire)?, depth.enter()?)?;
                    self.records.push(record);
                }
                3 => group.schema_url = reader.text(wire)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        group.records = from..self.records.len();
        self.scopes.push(group);
        Ok(())
    }

    fn record(&mut self, bytes: &'a [u8], depth: Depth) -> Result<LogRecord<'a>, Malformed> {
        let mut record = LogRecord::default();
        let mut body = Any::None;
        let mut attributes = self.lists.open(Of::Item);
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => record.time_unix_nano = reader.fixed64(wire)?,
                2 => record.severity_number = reader.int32(wire)?,
                3 => record.severity_text = reader.text(wire)?,
                5 => body.merge(reader.bytes(wire)?, Some(depth.enter()?))?,
                6 => {
                    let bytes = reader.bytes(wire)?;
                    self.lists.read(&mut attributes, bytes, depth.enter()?)?;
                }
                7 => drop(reader.uint32(wire)?),
                8 => record.flags = reader.fixed32(wire)?,
                9 => record.trace_id = reader.bytes(wire)?,
                10 => record.span_id = reader.bytes(wire)?,
                11 => record.observed_time_unix_nano = reader.fixed64(wire)?,
                12 => record.event_name = reader.text(wire)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        record.body = body.into_text();
        record.attributes = self.lists.close(&attributes);
        Ok(record)
    }
}
