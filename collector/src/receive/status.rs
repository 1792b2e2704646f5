//! `google.rpc.Status`, the body of every refusal, in protobuf and in JSON.

use bytes::Bytes;
use prost::Message;
use serde_json::{Value, json};

use crate::refusal::{RETRY_AFTER, Refusal};

/// `google.rpc.Status`, with only what we say.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub(crate) retry_delay: Option<Duration>,
}

/// `google.protobuf.Duration`, whole seconds.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Duration {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
}

/// `google.rpc.BadRequest`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) field_violations: Vec<FieldViolation>,
}

/// `google.rpc.BadRequest.FieldViolation`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FieldViolation {
    #[prost(string, tag = "1")]
    pub(crate) field: String,
    #[prost(string, tag = "2")]
    pub(crate) description: String,
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

/// The refusal as a message: RetryInfo if it may be retried, BadRequest if a field can be named.
pub(super) fn status(refusal: &Refusal) -> Status {
    let mut details = Vec::new();
    if refusal.reason.is_retryable() {
        let seconds = RETRY_AFTER.as_secs().cast_signed();
        let retry = RetryInfo {
            retry_delay: Some(Duration { seconds }),
        };
        details.push(any(RETRY_INFO, &retry));
    }
    if let Some(field) = &refusal.field {
        let violation = FieldViolation {
            field: field.clone(),
            description: refusal.message.clone(),
        };
        details.push(any(
            BAD_REQUEST,
            &BadRequest {
                field_violations: vec![violation],
            },
        ));
    }
    Status {
        code: refusal.reason.grpc() as i32,
        message: refusal.message.clone(),
        details,
    }
}

fn any(type_url: &str, message: &impl Message) -> Any {
    Any {
        type_url: type_url.to_owned(),
        value: message.encode_to_vec().into(),
    }
}

/// The same in proto3's JSON.
pub(super) fn json_status(refusal: &Refusal) -> Value {
    let mut details = Vec::new();
    if refusal.reason.is_retryable() {
        let delay = format!("{}s", RETRY_AFTER.as_secs());
        details.push(json!({ "@type": RETRY_INFO, "retryDelay": delay }));
    }
    if let Some(field) = &refusal.field {
        let violation = json!({ "field": field, "description": refusal.message });
        details.push(json!({ "@type": BAD_REQUEST, "fieldViolations": [violation] }));
    }
    let mut status = json!({ "code": refusal.reason.grpc() as i32, "message": refusal.message });
    if !details.is_empty() {
        status["details"] = Value::Array(details);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Reason;

    #[test]
    fn a_status_says_when_to_retry_and_which_field_is_wrong() {
        let refusal = Refusal::new(Reason::Overloaded, "full");
        let detail = json!({ "@type": RETRY_INFO, "retryDelay": "1s" });
        let wanted = json!({ "code": 14, "message": "full", "details": [detail] });
        assert_eq!(json_status(&refusal), wanted);
        let bytes = status(&refusal).encode_to_vec();
        let back = Status::decode(&*bytes).expect("a status");
        let retry = RetryInfo::decode(back.details[0].value.clone()).expect("retry info");
        assert_eq!(
            (back.code, retry.retry_delay),
            (14, Some(Duration { seconds: 1 }))
        );

        let mut refusal = Refusal::new(Reason::Malformed, "not a number");
        refusal.field = Some("resourceSpans[0]".into());
        let status = status(&refusal);
        let bad = BadRequest::decode(status.details[0].value.clone()).expect("bad request");
        assert_eq!(bad.field_violations[0].field, "resourceSpans[0]");
        assert_eq!(
            json_status(&refusal)["details"][0]["fieldViolations"][0]["field"],
            "resourceSpans[0]"
        );
    }

    #[test]
    fn what_is_too_large_is_never_to_be_retried() {
        assert!(status(&Refusal::too_large(1, "as sent")).details.is_empty());
    }
}
