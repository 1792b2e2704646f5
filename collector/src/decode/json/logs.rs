//! Log records.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

use super::common::{any_value, key_value, resource, scope};
use super::reader::{Read, Reader};

pub(super) fn request(reader: &mut Reader<'_>) -> Read<ExportLogsServiceRequest> {
    reader.message(|request: &mut ExportLogsServiceRequest, reader, name| {
        match name {
            "resourceLogs" => request.resource_logs = reader.list(resource_logs)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn resource_logs(reader: &mut Reader<'_>) -> Read<ResourceLogs> {
    reader.message(|group: &mut ResourceLogs, reader, name| {
        match name {
            "resource" => group.resource = Some(resource(reader)?),
            "scopeLogs" => group.scope_logs = reader.list(scope_logs)?,
            "schemaUrl" => group.schema_url = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn scope_logs(reader: &mut Reader<'_>) -> Read<ScopeLogs> {
    reader.message(|group: &mut ScopeLogs, reader, name| {
        match name {
            "scope" => group.scope = Some(scope(reader)?),
            "logRecords" => group.log_records = reader.list(log_record)?,
            "schemaUrl" => group.schema_url = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn log_record(reader: &mut Reader<'_>) -> Read<LogRecord> {
    reader.message(|record: &mut LogRecord, reader, name| {
        match name {
            "timeUnixNano" => record.time_unix_nano = reader.integer()?,
            "observedTimeUnixNano" => record.observed_time_unix_nano = reader.integer()?,
            "severityNumber" => record.severity_number = reader.enumeration()?,
            "severityText" => record.severity_text = reader.string()?,
            "body" => record.body = Some(any_value(reader)?),
            "attributes" => record.attributes = reader.list(key_value)?,
            "droppedAttributesCount" => record.dropped_attributes_count = reader.integer()?,
            "flags" => record.flags = reader.integer()?,
            "traceId" => record.trace_id = reader.id()?,
            "spanId" => record.span_id = reader.id()?,
            "eventName" => record.event_name = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}
