//! Bodies of requests and messages: JSON, forms, several parts, XML, or anything.

use serde_json::Value;

use super::query::{self, is_name};
use super::{Part, Place, add};

/// A longer body is inspected as one text: taking it apart would cost more than it tells.
const JSON_BYTES_MAX: usize = 1 << 20;

/// Takes a body apart.
pub fn body<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    let trimmed = text.trim_ascii();
    match trimmed.first() {
        Some(b'{' | b'[') if trimmed.len() <= JSON_BYTES_MAX => {
            // Nested deeper than 128 it is refused, and read as text.
            match serde_json::from_slice::<Value>(trimmed) {
                Ok(value) => json(field, value, parts),
                Err(_) => add(parts, field, text, Place::Body),
            }
        }
        Some(b'<') => markup(field, trimmed, parts),
        _ if trimmed.starts_with(b"--") && has_disposition(trimmed) => {
            multipart(field, trimmed, parts);
        }
        _ => match trimmed.iter().position(|b| *b == b'=') {
            Some(at) if is_name(&trimmed[..at]) => query::query(field, trimmed, parts),
            _ => add(parts, field, text, Place::Value),
        },
    }
}

/// Every string, and every key; without recursion.
fn json<'a>(field: &'a str, value: Value, parts: &mut Vec<Part<'a>>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => add(parts, field, text.into_bytes(), Place::Value),
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => {
                for (key, value) in fields {
                    add(parts, field, key.into_bytes(), Place::Name);
                    open.push(value);
                }
            }
            _ => {}
        }
    }
}

/// XML: the document for what it reads, and what stands in its attributes and between its tags.
fn markup<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    add(parts, field, text, Place::Markup);
    for piece in text.split(|b| matches!(b, b'<' | b'>')) {
        let quoted = piece.split(|b| *b == b'"').skip(1).step_by(2);
        let named = piece.first().is_some_and(u8::is_ascii_alphabetic) && piece.contains(&b'=');
        if named {
            for value in quoted.filter(|value| !value.starts_with(b"http")) {
                add(parts, field, value, Place::Value);
            }
        } else if !piece
            .first()
            .is_some_and(|b| matches!(b, b'/' | b'?' | b'!'))
        {
            add(parts, field, piece.trim_ascii(), Place::Value);
        }
    }
}

fn has_disposition(text: &[u8]) -> bool {
    super::super::text::has(&text[..text.len().min(4_096)], b"content-disposition:")
}

/// Parts of a form with files: names, file names, and contents.
fn multipart<'a>(field: &'a str, text: &'a [u8], parts: &mut Vec<Part<'a>>) {
    let boundary_end = text
        .iter()
        .position(|b| matches!(b, b'\r' | b'\n'))
        .unwrap_or(text.len());
    let boundary = &text[..boundary_end];
    let mut content = Vec::new();
    let mut in_header = true;
    for line in text[boundary_end..]
        .trim_ascii_start()
        .split(|b| *b == b'\n')
    {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(boundary) {
            add(parts, field, content.trim_ascii().to_vec(), Place::Body);
            content.clear();
            in_header = true;
        } else if in_header {
            in_header = !line.is_empty();
            for (at, value) in line
                .split(|b| *b == b'"')
                .enumerate()
                .filter(|(at, _)| at % 2 == 1)
            {
                let place = if at == 1 {
                    Place::Name
                } else {
                    Place::FileName
                };
                add(parts, field, value, place);
            }
        } else {
            content.extend_from_slice(line);
            content.push(b'\n');
        }
    }
    add(parts, field, content.trim_ascii().to_vec(), Place::Body);
}
