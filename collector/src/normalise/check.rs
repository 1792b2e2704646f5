//! Ids and times an item must have before it may become a row.

use std::fmt;

use store::model::UnixNano;

use super::rejected::RejectReason;

/// 2000-01-01 UTC: no function ran before it, so an earlier time is a broken clock or a missing
/// value.
const EARLIEST: u64 = 946_684_800_000_000_000;

/// Clocks of sandboxes run ahead by minutes at worst; a day leaves room for wrong zones and no
/// more.
const AHEAD_NANOS: i64 = 24 * 3600 * 1_000_000_000;

/// An id as lower hex, without an allocation; `N` is the length of the text.
#[derive(Clone, Copy)]
pub(super) struct Hex<const N: usize> {
    text: [u8; N],
    len: usize,
}

/// 16 bytes, 32 hex characters.
pub(super) type TraceId = Hex<32>;
/// 8 bytes, 16 hex characters.
pub(super) type SpanId = Hex<16>;

impl<const N: usize> Hex<N> {
    /// No id at all: the empty text.
    pub(super) const EMPTY: Self = Self {
        text: [0; N],
        len: 0,
    };

    /// `bytes` must be half as long as the text.
    fn encode(bytes: &[u8]) -> Self {
        let mut text = [0; N];
        match hex::encode_to_slice(bytes, &mut text) {
            Ok(()) => Self { text, len: N },
            Err(_) => Self::EMPTY,
        }
    }

    /// An id that must be there.
    pub(super) fn required(bytes: &[u8]) -> Result<Self, IdFault> {
        if bytes.len() != N / 2 {
            return Err(IdFault::Length {
                got: bytes.len(),
                expected: N / 2,
            });
        }
        if bytes.iter().all(|b| *b == 0) {
            return Err(IdFault::Zero);
        }
        Ok(Self::encode(bytes))
    }

    /// An id that may be absent: no bytes, or all zero as some SDKs write "none".
    pub(super) fn optional(bytes: &[u8]) -> Result<Self, IdFault> {
        match Self::required(bytes) {
            Err(IdFault::Length { got: 0, .. } | IdFault::Zero) => Ok(Self::EMPTY),
            other => other,
        }
    }

    /// Lower hex, or the empty text.
    pub(super) fn as_str(&self) -> &str {
        // Always ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }

    /// Whether the id is absent.
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// What is wrong with an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdFault {
    /// Too short or too long, in bytes.
    Length {
        /// What came.
        got: usize,
        /// What OTLP asks for.
        expected: usize,
    },
    /// All bytes are zero.
    Zero,
}

impl fmt::Display for IdFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { got, expected } => write!(f, "{got} bytes, expected {expected}"),
            Self::Zero => f.write_str("all zero"),
        }
    }
}

/// What is wrong with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFault {
    /// Nothing was told.
    Missing,
    /// Before 2000-01-01, in nanoseconds since 1970.
    TooEarly(u64),
    /// More than 24 h after the time of receipt, in nanoseconds since 1970.
    TooLate(u64),
}

impl TimeFault {
    /// How the fault is counted.
    pub(super) const fn reason(self) -> RejectReason {
        RejectReason::Time
    }
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no time"),
            Self::TooEarly(t) => write!(f, "{t} is before 2000-01-01"),
            Self::TooLate(t) => write!(f, "{t} is more than 24 h after now"),
        }
    }
}

/// The times that are believed, seen from the time of receipt.
#[derive(Clone, Copy)]
pub(super) struct Window {
    latest: u64,
}

impl Window {
    /// The window of a request received at `now`.
    pub(super) fn at(now: UnixNano) -> Self {
        let latest = now.0.saturating_add(AHEAD_NANOS);
        Self {
            latest: u64::try_from(latest).unwrap_or(0),
        }
    }

    /// `nanos` as a time, if it lies in the window.
    pub(super) fn believe(self, nanos: u64) -> Result<UnixNano, TimeFault> {
        if nanos == 0 {
            return Err(TimeFault::Missing);
        }
        if nanos < EARLIEST {
            return Err(TimeFault::TooEarly(nanos));
        }
        if nanos > self.latest {
            return Err(TimeFault::TooLate(nanos));
        }
        Ok(unchecked(nanos))
    }

    /// Whether `nanos` lies after the window; zero and old times do not.
    pub(super) const fn is_too_late(self, nanos: u64) -> bool {
        nanos > self.latest
    }
}

/// `nanos` as a time for columns that partition nothing; the far future saturates in 2262.
pub(super) fn unchecked(nanos: u64) -> UnixNano {
    UnixNano(i64::try_from(nanos).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_believed_only_with_its_full_length_and_a_bit_set() {
        assert_eq!(
            SpanId::required(&[0, 1, 2, 3, 4, 5, 6, 0xff])
                .unwrap()
                .as_str()
                .len(),
            16
        );
        let fault = SpanId::required(&[1, 2]).err();
        assert_eq!(
            fault.map(|f| f.to_string()).as_deref(),
            Some("2 bytes, expected 8")
        );
        assert_eq!(TraceId::required(&[0; 16]).err(), Some(IdFault::Zero));
        assert!(SpanId::optional(&[0; 8]).unwrap().is_empty());
        assert!(SpanId::optional(&[]).unwrap().is_empty());
        assert!(SpanId::optional(&[1; 7]).is_err());
    }

    #[test]
    fn times_before_2000_and_a_day_ahead_are_not_believed() {
        let window = Window::at(UnixNano::from_secs(1_770_000_000));
        assert_eq!(window.believe(0), Err(TimeFault::Missing));
        assert_eq!(window.believe(1), Err(TimeFault::TooEarly(1)));
        assert!(window.believe(EARLIEST).is_ok());
        assert!(window.believe(1_770_086_400_000_000_000).is_ok());
        assert!(window.believe(1_770_086_400_000_000_001).is_err());
        assert!(window.believe(u64::MAX).is_err());
    }
}
