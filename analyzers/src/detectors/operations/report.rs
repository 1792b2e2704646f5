//! How operational signals are made and figures spelled.

use std::sync::Arc;

use jiff::Timestamp;
use store::model::finding::plain;
use store::model::{Evidence, Severity, UnixNano};

use crate::detectors::Names;
use crate::detectors::names::FunctionNo;
use crate::detectors::signal::{Key, Signal, Subject};

/// Longest name in a sentence, bytes.
const NAME_BYTES_MAX: usize = 80;

/// A signal about a function with everything but its figures: a plain fact of medium severity.
#[must_use]
pub fn of_function(
    kind: &'static str,
    function: FunctionNo,
    began_s: u32,
    detected_s: u32,
) -> Signal {
    of(kind, Subject::Function(function), began_s, detected_s)
}

/// The same about anything.
#[must_use]
pub fn of(kind: &'static str, subject: Subject, began_s: u32, detected_s: u32) -> Signal {
    Signal {
        key: Key {
            kind,
            subject,
            detail: String::new(),
        },
        version: String::new(),
        began_at: UnixNano::from_secs(began_s.into()),
        detected_at: UnixNano::from_secs(detected_s.into()),
        severity: Severity::Medium,
        confidence: 0.99,
        p_value: None,
        title: String::new(),
        sentence: String::new(),
        relative: None,
        interval: None,
        before: None,
        after: None,
        unit: "1",
        ms_per_month: None,
        usd_per_month: None,
        evidence: Arc::default(),
    }
}

/// Evidence of reasons and advice alone.
#[must_use]
pub fn because(reasons: Vec<String>, advice: &[&str]) -> Arc<Evidence> {
    Arc::new(Evidence {
        reasons,
        advice: advice.iter().map(|text| (*text).to_owned()).collect(),
        ..Evidence::default()
    })
}

/// The function's short name, bounded and without control characters.
#[must_use]
pub fn name(names: &Names, function: FunctionNo) -> String {
    plain(&names.of(function).parts.name, NAME_BYTES_MAX)
}

/// `14:05 UTC`, or with its day where that is not today's.
#[must_use]
pub fn clock(at_s: u32, now_s: u32) -> String {
    let pattern = match at_s / 86_400 == now_s / 86_400 {
        true => "%H:%M UTC",
        false => "%-d %b %H:%M UTC",
    };
    Timestamp::from_second(at_s.into())
        .map_or_else(|_| String::new(), |at| at.strftime(pattern).to_string())
}

/// `5 minutes`, `3 hours`, `2 days`.
#[must_use]
pub fn span(seconds: f64) -> String {
    let (n, unit) = match seconds {
        s if !s.is_finite() || s < 0.0 => return "–".to_owned(),
        s if s < 120.0 => (s, "second"),
        s if s < 7_200.0 => (s / 60.0, "minute"),
        s if s < 172_800.0 => (s / 3600.0, "hour"),
        s => (s / 86_400.0, "day"),
    };
    let n = n.round();
    format!("{n} {unit}{}", if (n - 1.0).abs() < 0.5 { "" } else { "s" })
}

/// 95 % interval of a share (Wilson).
#[must_use]
pub fn share_interval(hits: f64, of: f64) -> (f64, f64) {
    const Z: f64 = 1.96;
    if of <= 0.0 {
        return (0.0, 1.0);
    }
    let p = (hits / of).clamp(0.0, 1.0);
    let middle = p + Z * Z / (2.0 * of);
    let half = Z * (p * (1.0 - p) / of + Z * Z / (4.0 * of * of)).sqrt();
    let scale = 1.0 + Z * Z / of;
    (
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_read_as_people_say_them() {
        let day = 86_400 * 20_000;
        assert_eq!(clock(day + 14 * 3600 + 300, day + 80_000), "14:05 UTC");
        assert_eq!(clock(day, day + 90_000), "4 Oct 00:00 UTC");
        assert_eq!(span(300.0), "5 minutes");
        assert_eq!(span(3_600.0 * 3.0), "3 hours");
        assert_eq!(span(60.0), "60 seconds");
        assert_eq!(span(f64::NAN), "–");
    }

    #[test]
    fn an_interval_holds_its_share_and_is_wide_for_few() {
        let (low, high) = share_interval(3.0, 10.0);
        assert!(low > 0.1 && low < 0.3 && high > 0.3 && high < 0.65);
        assert_eq!(share_interval(0.0, 0.0), (0.0, 1.0));
    }
}
