//! What an answer means and how long to wait before the next try.

use std::time::Duration;

/// What the receiver said to a request.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// All of it is taken.
    Accepted,
    /// Some items were refused for good; a client must not try them again.
    Partly {
        /// How many.
        rejected: u64,
        /// Why.
        message: String,
    },
    /// Refused for good.
    Refused(String),
    /// Not now.
    Later {
        /// When to try again, if the receiver said so.
        after: Option<Duration>,
        /// Why.
        why: String,
    },
}

/// How long to keep trying.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries after the first.
    pub retries_max: u32,
    /// Wait before the first of them; doubles each time.
    pub first: Duration,
    /// Longest wait, also of what a receiver may ask for.
    pub longest: Duration,
}

impl Default for Patience {
    /// 0.2 + 0.4 + ... + 5 s in twelve tries: a collector may be away for 40 s without loss.
    fn default() -> Self {
        Self {
            retries_max: 12,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(5),
        }
    }
}

impl Patience {
    /// The wait before the next try, or `None` when `retries` were enough.
    pub fn wait(&self, retries: u32, asked: Option<Duration>) -> Option<Duration> {
        if retries >= self.retries_max {
            return None;
        }
        let own = self.first.saturating_mul(1 << retries.min(16));
        Some(asked.unwrap_or(own).min(self.longest))
    }
}

/// Whether OTLP lets a client retry this gRPC code. RESOURCE_EXHAUSTED only with RetryInfo.
pub fn grpc_retryable(code: tonic::Code, retry_info: bool) -> bool {
    use tonic::Code;
    match code {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::ResourceExhausted => retry_info,
        _ => false,
    }
}

/// Whether OTLP lets a client retry this HTTP status.
pub fn http_retryable(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let p = Patience::default();
        let ms = |n| p.wait(n, None).map(|d| d.as_millis());
        assert_eq!(
            (ms(0), ms(1), ms(4), ms(11), ms(12)),
            (Some(200), Some(400), Some(3_200), Some(5_000), None)
        );
        assert_eq!(
            p.wait(0, Some(Duration::from_secs(2))),
            Some(Duration::from_secs(2))
        );
        assert_eq!(p.wait(0, Some(Duration::from_secs(900))), Some(p.longest));
    }

    #[test]
    fn only_what_the_specification_names_is_retried() {
        use tonic::Code;
        assert!(grpc_retryable(Code::Unavailable, false));
        assert!(!grpc_retryable(Code::ResourceExhausted, false));
        assert!(grpc_retryable(Code::ResourceExhausted, true));
        assert!(!grpc_retryable(Code::InvalidArgument, false));
        assert!(!grpc_retryable(Code::Internal, true));
        for (status, want) in [
            (429, true),
            (503, true),
            (500, false),
            (408, false),
            (400, false),
        ] {
            assert_eq!(http_retryable(status), want, "{status}");
        }
    }
}
