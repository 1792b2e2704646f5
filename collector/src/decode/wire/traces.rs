//! `ExportTraceServiceRequest`.

use std::ops::Range;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::common::{Resource, Scope};
use super::lists::{Extent, List, Lists, Of};
use super::reader::{Depth, Malformed, Reader};

/// A request with its spans, events and links each in one list.
#[derive(Default)]
pub(crate) struct Traces<'a> {
    pub(crate) resources: Vec<ResourceSpans<'a>>,
    pub(crate) scopes: Vec<ScopeSpans<'a>>,
    pub(crate) spans: Vec<Span<'a>>,
    pub(crate) events: Vec<Event<'a>>,
    pub(crate) links: Vec<Link<'a>>,
    pub(crate) lists: Lists<'a>,
}

/// A resource and its scopes in [`Traces::scopes`].
#[derive(Default)]
pub(crate) struct ResourceSpans<'a> {
    pub(crate) resource: Resource<'a>,
    pub(crate) scopes: Range<usize>,
}

/// A scope and its spans in [`Traces::spans`].
#[derive(Default)]
pub(crate) struct ScopeSpans<'a> {
    pub(crate) scope: Scope<'a>,
    pub(crate) spans: Range<usize>,
}

/// A `Span`, with its events in [`Traces::events`] and its links in [`Traces::links`].
#[derive(Debug, Default)]
pub(crate) struct Span<'a> {
    pub(crate) trace_id: &'a [u8],
    pub(crate) span_id: &'a [u8],
    pub(crate) parent_span_id: &'a [u8],
    pub(crate) trace_state: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: i32,
    pub(crate) start_time_unix_nano: u64,
    pub(crate) end_time_unix_nano: u64,
    pub(crate) attributes: List,
    pub(crate) events: Range<usize>,
    pub(crate) links: Range<usize>,
    pub(crate) status_message: &'a str,
    pub(crate) status_code: i32,
}

impl Span<'_> {
    /// Its kind; a number without a name is none.
    pub(crate) fn kind(&self) -> SpanKind {
        SpanKind::try_from(self.kind).unwrap_or_default()
    }

    /// Its status; a number without a name is none.
    pub(crate) fn status_code(&self) -> StatusCode {
        StatusCode::try_from(self.status_code).unwrap_or_default()
    }
}

/// A span's `Event`.
#[derive(Debug, Default)]
pub(crate) struct Event<'a> {
    pub(crate) time_unix_nano: u64,
    pub(crate) name: &'a str,
    pub(crate) attributes: List,
}

/// A span's `Link`.
#[derive(Debug, Default)]
pub(crate) struct Link<'a> {
    pub(crate) trace_id: &'a [u8],
    pub(crate) span_id: &'a [u8],
    pub(crate) trace_state: &'a str,
    pub(crate) attributes: List,
}

impl<'a> Traces<'a> {
    /// Reads a request.
    pub(crate) fn read(bytes: &'a [u8], extent: Extent) -> Result<Self, Malformed> {
        let mut traces = Self {
            lists: Lists::new(extent),
            ..Self::default()
        };
        let depth = Depth::TOP;
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => traces.resource_spans(reader.bytes(wire)?, depth.enter()?)?,
                _ => reader.skip(number, wire, depth)?,
            }
        }
        Ok(traces)
    }

    fn resource_spans(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut resource = Resource::default();
        let from = self.scopes.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => resource.merge(reader.bytes(wire)?, depth.enter()?)?,
                2 => self.scope_spans(reader.bytes(wire)?, depth.enter()?)?,
                3 => drop(reader.text(wire)?),
                _ => reader.skip(number, wire, depth)?,
            }
        }
        self.resources.push(ResourceSpans {
            resource,
            scopes: from..self.scopes.len(),
        });
        Ok(())
    }

    fn scope_spans(&mut self, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
        let mut scope = Scope::default();
        let from = self.spans.len();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => scope.merge(reader.bytes(wire)?, depth.enter()?)?,
                2 => {
                    let span = self.span(reader.bytes(wire)?, depth.enter()?)?;
                    self.spans.push(span);
                }
                3 => drop(reader.text(wire)?),
                _ => reader.skip(number, wire, depth)?,
            }
        }
        self.scopes.push(ScopeSpans {
            scope,
            spans: from..self.spans.len(),
        });
        Ok(())
    }

    fn span(&mut self, bytes: &'a [u8], depth: Depth) -> Result<Span<'a>, Malformed> {
        let mut span = Span::default();
        let mut attributes = self.lists.open(Of::Item);
        let (events, links) = (self.events.len(), self.links.len());
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                9 => {
                    let bytes = reader.bytes(wire)?;
                    self.lists.read(&mut attributes, bytes, depth.enter()?)?;
                }
                1 => span.trace_id = reader.bytes(wire)?,
                2 => span.span_id = reader.bytes(wire)?,
                3 => span.trace_state = reader.text(wire)?,
                4 => span.parent_span_id = reader.bytes(wire)?,
                5 => span.name = reader.text(wire)?,
                6 => span.kind = reader.int32(wire)?,
                7 => span.start_time_unix_nano = reader.fixed64(wire)?,
                8 => span.end_time_unix_nano = reader.fixed64(wire)?,
                10 | 12 | 14 => drop(reader.uint32(wire)?),
                11 => {
                    let event = self.event(reader.bytes(wire)?, depth.enter()?)?;
                    self.events.push(event);
                }
                13 => {
                    let link = self.link(reader.bytes(wire)?, depth.enter()?)?;
                    self.links.push(link);
                }
                15 => status(&mut span, reader.bytes(wire)?, depth.enter()?)?,
                16 => drop(reader.fixed32(wire)?),
                _ => reader.skip(number, wire, depth)?,
            }
        }
        span.attributes = self.lists.close(&attributes);
        span.events = events..self.events.len();
        span.links = links..self.links.len();
        Ok(span)
    }

    fn event(&mut self, bytes: &'a [u8], depth: Depth) -> Result<Event<'a>, Malformed> {
        let mut event = Event::default();
        let mut attributes = self.lists.open(Of::Part);
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => event.time_unix_nano = reader.fixed64(wire)?,
                2 => event.name = reader.text(wire)?,
                3 => {
                    let bytes = reader.bytes(wire)?;
                    self.lists.read(&mut attributes, bytes, depth.enter()?)?;
                }
                4 => drop(reader.uint32(wire)?),
                _ => reader.skip(number, wire, depth)?,
            }
        }
        event.attributes = self.lists.close(&attributes);
        Ok(event)
    }

    fn link(&mut self, bytes: &'a [u8], depth: Depth) -> Result<Link<'a>, Malformed> {
        let mut link = Link::default();
        let mut attributes = self.lists.open(Of::Part);
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.key()? {
            match number {
                1 => link.trace_id = reader.bytes(wire)?,
                2 => link.span_id = reader.bytes(wire)?,
                3 => link.trace_state = reader.text(wire)?,
                4 => {
                    let bytes = reader.bytes(wire)?;
                    self.lists.read(&mut attributes, bytes, depth.enter()?)?;
                }
                5 => drop(reader.uint32(wire)?),
                6 => drop(reader.fixed32(wire)?),
                _ => reader.skip(number, wire, depth)?,
            }
        }
        link.attributes = self.lists.close(&attributes);
        Ok(link)
    }
}

fn status<'a>(span: &mut Span<'a>, bytes: &'a [u8], depth: Depth) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some((number, wire)) = reader.key()? {
        match number {
            2 => span.status_message = reader.text(wire)?,
            3 => span.status_code = reader.int32(wire)?,
            _ => reader.skip(number, wire, depth)?,
        }
    }
    Ok(())
}
