//! X-Ray's spelling of a trace, where the platform's ids and OpenTelemetry's meet.

use super::UnixNano;

/// A trace as X-Ray names it: `1-6352a70e-1e2c502e358361800241fd45`, alone or in a header
/// `Root=1-…;Parent=35465b3a9e2f7c6a;Sampled=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XrayTrace {
    /// The same trace in OpenTelemetry's spelling: lower hex, 32 characters.
    pub trace_id: String,
    /// The span named as the parent: lower hex, 16 characters, or empty.
    pub parent_id: String,
}

impl XrayTrace {
    /// Reads either spelling; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| text.split(';').find_map(|p| p.trim().strip_prefix(name));
        let root = field("Root=").unwrap_or(text.trim());
        let mut parts = root.split('-');
        let is_version_1 = parts.next()? == "1";
        let (time, unique) = (parts.next()?, parts.next()?);
        let is_sound = is_version_1 && parts.next().is_none();
        if !is_sound || !is_hex(time, 8) || !is_hex(unique, 24) {
            return None;
        }
        let parent = field("Parent=").filter(|parent| is_hex(parent, 16));
        Some(Self {
            trace_id: format!("{time}{unique}").to_ascii_lowercase(),
            parent_id: parent.unwrap_or_default().to_ascii_lowercase(),
        })
    }
}

/// A trace id as people paste it: 32 hexadecimal digits, X-Ray's spelling, an `X-Amzn-Trace-Id` or a
/// `traceparent` header. Gives lower hex, 32 characters; `None` for anything else.
#[must_use]
pub fn trace_id(text: &str) -> Option<String> {
    let text = text.trim();
    if is_hex(text, 32) {
        return Some(text.to_ascii_lowercase());
    }
    if let Some(xray) = XrayTrace::parse(text) {
        return Some(xray.trace_id);
    }
    let mut parts = text.split('-');
    let [version, trace, span, flags] =
        [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_traceparent =
        is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    is_traceparent.then(|| trace.to_ascii_lowercase())
}

/// When a trace began, if its id is one of X-Ray's, whose first half of eight digits is a time. Any other
/// id is a time by chance, and mostly one far from `now`: then `None`.
#[must_use]
pub fn began(trace_id: &str, now: UnixNano) -> Option<UnixNano> {
    /// X-Ray keeps no trace longer, and data may be kept here for some years.
    const AGE_MAX_S: i64 = 3 * 366 * 86_400;
    let began_s = i64::from_str_radix(trace_id.get(..8)?, 16).ok()?;
    let age_s = now.as_secs() - began_s;
    (-86_400..AGE_MAX_S)
        .contains(&age_s)
        .then(|| UnixNano::from_secs(began_s))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "6352a70e1e2c502e358361800241fd45";

    #[test]
    fn a_trace_is_read_from_an_id_or_a_header() {
        let header = "Root=1-6352A70E-1e2c502e358361800241fd45;Parent=35465b3a9e2f7c6a;Sampled=1";
        let told = XrayTrace::parse(header).unwrap();
        assert_eq!(
            (told.trace_id.as_str(), told.parent_id.as_str()),
            (TRACE, "35465b3a9e2f7c6a")
        );
        let told = XrayTrace::parse("1-6352a70e-1e2c502e358361800241fd45").unwrap();
        assert_eq!(
            (told.trace_id.as_str(), told.parent_id.as_str()),
            (TRACE, "")
        );
        for no in [
            "",
            "2-6352a70e-1e2c502e358361800241fd45",
            "1-5e34a614-10bdxmplf1fb44f07bc535a1",
            "1-6352a70e-1e2c502e358361800241fd45-1",
            "Root=;Parent=",
        ] {
            assert_eq!(XrayTrace::parse(no), None, "{no}");
        }
    }

    #[test]
    fn every_spelling_that_people_paste_is_one_trace() {
        for text in [
            TRACE,
            " 6352A70E1E2C502E358361800241FD45 ",
            "1-6352a70e-1e2c502e358361800241fd45",
            "Root=1-6352a70e-1e2c502e358361800241fd45;Sampled=1",
            "00-6352a70e1e2c502e358361800241fd45-35465b3a9e2f7c6a-01",
        ] {
            assert_eq!(trace_id(text).as_deref(), Some(TRACE), "{text}");
        }
        for text in [
            "",
            "checkout",
            &TRACE[1..],
            "00-6352a70e1e2c502e358361800241fd45-3546-01",
        ] {
            assert_eq!(trace_id(text), None, "{text}");
        }
    }

    #[test]
    fn the_time_in_an_id_is_believed_only_when_it_can_be_one() {
        let now = UnixNano::from_secs(0x6352_a70e + 3_600);
        assert_eq!(began(TRACE, now), Some(UnixNano::from_secs(0x6352_a70e)));
        assert_eq!(began("ffffffffffffffffffffffffffffffff", now), None);
        assert_eq!(began("00000000ffffffffffffffffffffffff", now), None);
        assert_eq!(began("", now), None);
    }
}
