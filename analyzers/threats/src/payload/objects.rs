//! Serialised objects, and keys that reach into objects of the language.

use std::sync::LazyLock;

use super::signs::Signs;
use super::text::{find, has, skip, starts};
use super::verdict::{Class, Hits};

const DESERIALISATION: Class = Class::Deserialisation;

/// Types, tags and functions that serialised attacks reach for.
static GADGETS: LazyLock<Signs> = LazyLock::new(|| Signs::new(GADGET_LIST));

const GADGET_LIST: &[(&str, f32)] = &[
    ("!!python/object", 0.95),
    ("!!python/name", 0.9),
    ("!!python/module", 0.9),
    ("!ruby/object", 0.95),
    ("!ruby/hash", 0.9),
    ("!!javax.", 0.95),
    ("!!java.", 0.9),
    ("!!com.", 0.7),
    ("!!js/function", 0.95),
    ("_$$nd_func$$_", 0.95),
    ("__js_function", 0.8),
    ("$$js_function", 0.8),
    ("objectdataprovider", 0.8),
    ("system.windows.data", 0.7),
    ("system.diagnostics.process", 0.7),
    ("\"@type\"", 0.45),
    ("com.sun.rowset", 0.9),
    ("templatesimpl", 0.9),
    ("org.apache.commons.collections", 0.8),
    ("ysoserial", 0.9),
    ("java.util.priorityqueue", 0.7),
    ("<java version", 0.7),
    ("java.beans.xmldecoder", 0.8),
    ("<dynamic-proxy>", 0.8),
    ("javax.naming.initialcontext", 0.8),
    ("java.lang.processbuilder", 0.7),
    ("\"$type\"", 0.4),
    ("cposix\nsystem", 0.95),
    ("cos\nsystem", 0.95),
    ("c__builtin__\n", 0.9),
    ("cbuiltins\n", 0.9),
    ("csubprocess\n", 0.95),
    ("json/javascript", 0.2),
    ("invokertransformer", 0.9),
    ("instantiatetransformer", 0.9),
    ("constanttransformer", 0.8),
    ("chainedtransformer", 0.9),
    ("clonetransformer", 0.9),
    ("forclosure", 0.7),
    ("whileclosure", 0.7),
    ("instantiatefactory", 0.8),
    ("prototypeclonefactory", 0.8),
    ("prototypeserializationfactory", 0.8),
    ("commons.beanutils", 0.7),
    ("beancomparator", 0.7),
    ("badattributevalueexpexception", 0.9),
    ("annotationinvocationhandler", 0.9),
    ("jdbcrowsetimpl", 0.9),
    ("c3p0", 0.4),
    ("wrapperconnectionpooldatasource", 0.9),
    ("javassist", 0.5),
    ("xalan.internal", 0.8),
    ("org.codehaus.groovy.runtime", 0.8),
    ("methodclosure", 0.7),
    ("org.springframework.beans.factory", 0.7),
    ("org.springframework.context.support", 0.8),
    ("classpathxmlapplicationcontext", 0.9),
    ("filesystemxmlapplicationcontext", 0.9),
    ("java.rmi.server", 0.8),
    ("unicastremoteobject", 0.8),
    ("java.net.urlclassloader", 0.8),
    ("javax.script.scriptenginemanager", 0.9),
    ("javax.management.", 0.6),
    ("java.lang.reflect", 0.6),
    ("sun.reflect", 0.7),
    ("rhino.", 0.2),
    ("bsh.interpreter", 0.9),
    ("com.mchange", 0.7),
    ("losformatter", 0.8),
    ("binaryformatter", 0.6),
    ("system.management.automation", 0.8),
    ("typeconfusedelegate", 0.9),
    ("marshal.load", 0.6),
    ("gem::requirement", 0.9),
    ("gem::installer", 0.9),
    ("activesupport::deprecation", 0.8),
];

/// Looks at one view.
pub fn judge(text: &[u8], inner: bool, hits: &mut Hits) {
    begins(text, inner, hits);
    php(text, hits);
    for sign in GADGETS.find(text) {
        hits.add(
            DESERIALISATION,
            "deserialisation.gadget",
            sign.weight,
            (sign.begin, sign.end),
        );
    }
    prototype(text, hits);
}

/// How serialised objects begin.
fn begins(text: &[u8], inner: bool, hits: &mut Hits) {
    let signs: [(&[u8], f32); 8] = [
        (b"rO0AB", 0.9),
        (b"aced0005", 0.8),
        (&[0xac, 0xed, 0x00, 0x05], 0.95),
        (b"AAEAAAD/////", 0.95),
        (b"H4sIAAAA", 0.2),
        (b"gASV", 0.6),
        (b"\x80\x04\x95", 0.8),
        (b"\x00\x01\x00\x00\x00\xff\xff\xff\xff", 0.95),
    ];
    for (sign, weight) in signs {
        let position = text
            .windows(sign.len())
            .take(4_096)
            .position(|window| window == sign);
        if let Some(at) = position {
            let weight = if at == 0 || inner || !text[at - 1].is_ascii_alphanumeric() {
                weight
            } else {
                weight * 0.4
            };
            hits.add(
                DESERIALISATION,
                "deserialisation.stream",
                weight,
                (at, at + sign.len()),
            );
        }
    }
    if inner && text.first() == Some(&0x80) && text.last() == Some(&b'.') {
        hits.add(
            DESERIALISATION,
            "deserialisation.stream",
            0.8,
            (0, text.len()),
        );
    }
}

/// `O:8:"stdClass":1:{…}`, `a:2:{i:0;…}`.
fn php(text: &[u8], hits: &mut Hits) {
    for at in 0..text.len().saturating_sub(4) {
        let (object, array) = (
            matches!(text[at], b'O' | b'C' | b'o' | b'E'),
            text[at] == b'a',
        );
        let begins = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        if !(object || array) || text[at + 1] != b':' || !begins {
            continue;
        }
        let sign = usize::from(text[at + 2] == b'+');
        let digits = skip(text, at + 2 + sign, |b| b.is_ascii_digit());
        if digits == at + 2 + sign {
            continue;
        }
        let weight = match () {
            () if object && starts(text, digits, b":\"") => 0.9,
            () if array
                && starts(text, digits, b":{")
                && (text.get(digits + 2) == Some(&b'}')
                    || has(&text[digits..text.len().min(digits + 64)], b"o:")) =>
            {
                0.5
            }
            () if array && starts(text, digits, b":{") => 0.4,
            () => continue,
        };
        hits.add(
            DESERIALISATION,
            "deserialisation.php",
            weight,
            (at, text.len().min(digits + 24)),
        );
    }
}

/// `__proto__`, `constructor.prototype`, `constructor[prototype]`.
fn prototype(text: &[u8], hits: &mut Hits) {
    if let Some(at) = find(text, b"__proto__", 0) {
        let alone = text.len() < at + 12 && at < 4;
        let reaches = text
            .get(at + 9)
            .is_some_and(|b| matches!(b, b'[' | b'.' | b'"' | b']' | b'=' | b'\'' | b':'));
        let weight = if reaches || alone { 0.85 } else { 0.4 };
        hits.add(
            Class::PrototypePollution,
            "prototype.key",
            weight,
            (at, at + 9),
        );
    }
    if let Some(at) = find(text, b"prototype", 1) {
        let reached = matches!(text[at - 1], b':' | b'.' | b'[' | b'"' | b'\'' | b']');
        let goes_on = text
            .get(at + 9)
            .is_some_and(|b| matches!(b, b':' | b'[' | b']' | b'='));
        if reached && (goes_on || has(&text[..at], b"module")) {
            hits.add(
                Class::PrototypePollution,
                "prototype.path",
                0.6,
                (at - 1, at + 9),
            );
        }
    }
    if let Some(at) = find(text, b"constructor", 0) {
        let near = &text[at + 11..text.len().min(at + 40)];
        if has(near, b"prototype") {
            hits.add(
                Class::PrototypePollution,
                "prototype.constructor",
                0.85,
                (at, at + 11),
            );
        } else if near.starts_with(b":constructor") {
            hits.add(
                Class::PrototypePollution,
                "prototype.constructor",
                0.7,
                (at, at + 11),
            );
        }
    }
}
