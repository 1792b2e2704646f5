//! Spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::common::{key_value, resource, scope};
use super::reader::{Read, Reader};

pub(super) fn request(reader: &mut Reader<'_>) -> Read<ExportTraceServiceRequest> {
    reader.message(|request: &mut ExportTraceServiceRequest, reader, name| {
        match name {
            "resourceSpans" => request.resource_spans = reader.list(resource_spans)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn resource_spans(reader: &mut Reader<'_>) -> Read<ResourceSpans> {
    reader.message(|group: &mut ResourceSpans, reader, name| {
        match name {
            "resource" => group.resource = Some(resource(reader)?),
            "scopeSpans" => group.scope_spans = reader.list(scope_spans)?,
            "schemaUrl" => group.schema_url = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn scope_spans(reader: &mut Reader<'_>) -> Read<ScopeSpans> {
    reader.message(|group: &mut ScopeSpans, reader, name| {
        match name {
            "scope" => group.scope = Some(scope(reader)?),
            "spans" => group.spans = reader.list(span)?,
            "schemaUrl" => group.schema_url = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn span(reader: &mut Reader<'_>) -> Read<Span> {
    reader.message(|span: &mut Span, reader, name| {
        match name {
            "traceId" => span.trace_id = reader.id()?,
            "spanId" => span.span_id = reader.id()?,
            "traceState" => span.trace_state = reader.string()?,
            "parentSpanId" => span.parent_span_id = reader.id()?,
            "flags" => span.flags = reader.integer()?,
            "name" => span.name = reader.string()?,
            "kind" => span.kind = reader.enumeration()?,
            "startTimeUnixNano" => span.start_time_unix_nano = reader.integer()?,
            "endTimeUnixNano" => span.end_time_unix_nano = reader.integer()?,
            "attributes" => span.attributes = reader.list(key_value)?,
            "droppedAttributesCount" => span.dropped_attributes_count = reader.integer()?,
            "events" => span.events = reader.list(event)?,
            "droppedEventsCount" => span.dropped_events_count = reader.integer()?,
            "links" => span.links = reader.list(link)?,
            "droppedLinksCount" => span.dropped_links_count = reader.integer()?,
            "status" => span.status = Some(status(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn event(reader: &mut Reader<'_>) -> Read<Event> {
    reader.message(|event: &mut Event, reader, name| {
        match name {
            "timeUnixNano" => event.time_unix_nano = reader.integer()?,
            "name" => event.name = reader.string()?,
            "attributes" => event.attributes = reader.list(key_value)?,
            "droppedAttributesCount" => event.dropped_attributes_count = reader.integer()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn link(reader: &mut Reader<'_>) -> Read<Link> {
    reader.message(|link: &mut Link, reader, name| {
        match name {
            "traceId" => link.trace_id = reader.id()?,
            "spanId" => link.span_id = reader.id()?,
            "traceState" => link.trace_state = reader.string()?,
            "attributes" => link.attributes = reader.list(key_value)?,
            "droppedAttributesCount" => link.dropped_attributes_count = reader.integer()?,
            "flags" => link.flags = reader.integer()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn status(reader: &mut Reader<'_>) -> Read<Status> {
    reader.message(|status: &mut Status, reader, name| {
        match name {
            "message" => status.message = reader.string()?,
            "code" => status.code = reader.enumeration()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}
