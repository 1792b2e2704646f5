//! Messages shared by all signals.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::reader::{Read, Reader};

pub(super) fn resource(reader: &mut Reader<'_>) -> Read<Resource> {
    reader.message(|resource: &mut Resource, reader, name| {
        match name {
            "attributes" => resource.attributes = reader.list(key_value)?,
            "droppedAttributesCount" => resource.dropped_attributes_count = reader.integer()?,
            "entityRefs" => resource.entity_refs = reader.list(entity_ref)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn entity_ref(reader: &mut Reader<'_>) -> Read<EntityRef> {
    reader.message(|entity: &mut EntityRef, reader, name| {
        match name {
            "schemaUrl" => entity.schema_url = reader.string()?,
            "type" => entity.r#type = reader.string()?,
            "idKeys" => entity.id_keys = reader.list(Reader::string)?,
            "descriptionKeys" => entity.description_keys = reader.list(Reader::string)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

pub(super) fn scope(reader: &mut Reader<'_>) -> Read<InstrumentationScope> {
    reader.message(|scope: &mut InstrumentationScope, reader, name| {
        match name {
            "name" => scope.name = reader.string()?,
            "version" => scope.version = reader.string()?,
            "attributes" => scope.attributes = reader.list(key_value)?,
            "droppedAttributesCount" => scope.dropped_attributes_count = reader.integer()?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

pub(super) fn key_value(reader: &mut Reader<'_>) -> Read<KeyValue> {
    reader.message(|pair: &mut KeyValue, reader, name| {
        match name {
            "key" => pair.key = reader.string()?,
            "value" => pair.value = Some(any_value(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

pub(super) fn any_value(reader: &mut Reader<'_>) -> Read<AnyValue> {
    reader.message(|any: &mut AnyValue, reader, name| {
        any.value = Some(match name {
            "stringValue" => Value::StringValue(reader.string()?),
            "boolValue" => Value::BoolValue(reader.bool()?),
            "intValue" => Value::IntValue(reader.integer()?),
            "doubleValue" => Value::DoubleValue(reader.double()?),
            "bytesValue" => Value::BytesValue(reader.base64()?),
            "arrayValue" => Value::ArrayValue(array_value(reader)?),
            "kvlistValue" => Value::KvlistValue(kvlist_value(reader)?),
            _ => return reader.skip(),
        });
        Ok(())
    })
}

fn array_value(reader: &mut Reader<'_>) -> Read<ArrayValue> {
    reader.message(|array: &mut ArrayValue, reader, name| {
        match name {
            "values" => array.values = reader.list(any_value)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn kvlist_value(reader: &mut Reader<'_>) -> Read<KeyValueList> {
    reader.message(|list: &mut KeyValueList, reader, name| {
        match name {
            "values" => list.values = reader.list(key_value)?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}
