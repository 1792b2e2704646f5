//! Why a request was not taken, and what the caller is told to do about it.

use std::time::Duration;

use crate::decode::DecodeError;

/// Functions are frozen seconds after they answer: a longer wait would be a loss.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a request was not taken. Each maps to one HTTP status and one gRPC code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No ingest key, or one that is not known.
    Key,
    /// No such path or gRPC method.
    Path,
    /// A method other than POST.
    Method,
    /// A content type that is neither protobuf nor JSON, or none.
    ContentType,
    /// A compression that is not spoken here.
    ContentEncoding,
    /// Bigger than allowed, as sent or after decompression.
    TooLarge,
    /// Not what its content type and encoding say.
    Malformed,
    /// The body did not arrive in time.
    Slow,
    /// The caller went away in the middle of the body.
    Interrupted,
    /// As many bytes in flight as the collector may hold.
    Overloaded,
    /// ClickHouse cannot be reached or is overloaded.
    StoreAway,
    /// ClickHouse refused the rows, or making them failed; the fault is on this side.
    Internal,
    /// The collector is shutting down.
    Stopping,
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Key,
        Self::Path,
        Self::Method,
        Self::ContentType,
        Self::ContentEncoding,
        Self::TooLarge,
        Self::Malformed,
        Self::Slow,
        Self::Interrupted,
        Self::Overloaded,
        Self::StoreAway,
        Self::Internal,
        Self::Stopping,
    ];

    /// The label value in our own metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Path => "path",
            Self::Method => "method",
            Self::ContentType => "content_type",
            Self::ContentEncoding => "content_encoding",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Slow => "slow",
            Self::Interrupted => "interrupted",
            Self::Overloaded => "overloaded",
            Self::StoreAway => "store_away",
            Self::Internal => "internal",
            Self::Stopping => "stopping",
        }
    }

    /// Whether the same request may be taken later. The statuses below say the same.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Overloaded | Self::StoreAway | Self::Stopping)
    }

    /// The status over HTTP. OTLP clients retry 429, 502, 503 and 504 only.
    pub(crate) const fn http(self) -> http::StatusCode {
        use http::StatusCode as Http;
        match self {
            Self::Key => Http::UNAUTHORIZED,
            Self::Path => Http::NOT_FOUND,
            Self::Method => Http::METHOD_NOT_ALLOWED,
            Self::ContentType | Self::ContentEncoding => Http::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => Http::PAYLOAD_TOO_LARGE,
            Self::Malformed | Self::Interrupted => Http::BAD_REQUEST,
            Self::Slow => Http::REQUEST_TIMEOUT,
            Self::Overloaded => Http::TOO_MANY_REQUESTS,
            Self::StoreAway | Self::Stopping => Http::SERVICE_UNAVAILABLE,
            Self::Internal => Http::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code over gRPC, and in the Status body over HTTP. OTLP clients retry UNAVAILABLE and
    /// DEADLINE_EXCEEDED, and RESOURCE_EXHAUSTED only if told when.
    pub(crate) const fn grpc(self) -> tonic::Code {
        match self {
            Self::Key => tonic::Code::Unauthenticated,
            Self::Path => tonic::Code::NotFound,
            Self::Method | Self::ContentEncoding => tonic::Code::Unimplemented,
            Self::ContentType | Self::Malformed => tonic::Code::InvalidArgument,
            Self::TooLarge => tonic::Code::ResourceExhausted,
            Self::Slow => tonic::Code::DeadlineExceeded,
            Self::Interrupted => tonic::Code::Cancelled,
            Self::Overloaded | Self::StoreAway | Self::Stopping => tonic::Code::Unavailable,
            Self::Internal => tonic::Code::Internal,
        }
    }
}

/// A refused request: the reason, and what the caller reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    /// For the caller: what was wrong and what to do. Bounded, printable.
    pub(crate) message: String,
    /// The path of the field at fault, if it can be named.
    pub(crate) field: Option<String>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            field: None,
        }
    }

    /// Bigger than `limit` bytes; `how` says in which form.
    pub(crate) fn too_large(limit: usize, how: &str) -> Self {
        Self::new(
            Reason::TooLarge,
            format!(
                "the request is bigger than {limit} bytes {how}: send smaller batches, \
                 or raise max_request_bytes of the collector"
            ),
        )
    }

    pub(crate) fn stopping() -> Self {
        Self::new(
            Reason::Stopping,
            "the collector is shutting down: send again in a second",
        )
    }

    /// Something of ours gave up; details are in the log and not for strangers.
    pub(crate) fn internal(deed: &str) -> Self {
        Self::new(
            Reason::Internal,
            format!("{deed} failed in the collector; its log says more. Do not send this again"),
        )
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        let reason = if error.too_big {
            Reason::TooLarge
        } else {
            Reason::Malformed
        };
        let message = format!("decoding the request: {error}");
        let field = Some(error.field).filter(|field| !field.is_empty());
        Self {
            reason,
            message,
            field,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_retry_exactly_what_may_be_taken_later() {
        for reason in Reason::ALL {
            let http = matches!(reason.http().as_u16(), 429 | 502 | 503 | 504);
            assert_eq!(http, reason.is_retryable(), "{reason:?} over HTTP");
            let grpc = reason.grpc() == tonic::Code::Unavailable;
            assert_eq!(grpc, reason.is_retryable(), "{reason:?} over gRPC");
        }
    }

    #[test]
    fn the_list_of_reasons_is_whole_and_in_order() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number);
        }
    }
}
