//! Cross-origin requests: telemetry straight from browsers, off unless origins are allowed.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// How long browsers may remember the answer, seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Which origins may send, and which headers they may use.
pub(crate) struct Cors {
    origins: Vec<String>,
    headers: HeaderValue,
}

impl Cors {
    pub(crate) fn new<'a>(
        origins: &[String],
        key_headers: impl Iterator<Item = &'a HeaderName>,
    ) -> Self {
        let mut names = vec!["content-type", "content-encoding"];
        names.extend(key_headers.map(HeaderName::as_str));
        // Header names are always fit for a header value.
        let headers = HeaderValue::try_from(names.join(", "))
            .unwrap_or_else(|_| HeaderValue::from_static("content-type"));
        Self {
            origins: origins.to_vec(),
            headers,
        }
    }

    /// The answer to "may I?", or nothing if the origin may not.
    pub(crate) fn preflight(&self, request: &HeaderMap) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        self.allow(request, &mut headers);
        if !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return None;
        }
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("POST"),
        );
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(headers)
    }

    /// Lets the page read the answer, if its origin is allowed.
    pub(crate) fn allow(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        let Some(origin) = request.get(ORIGIN) else {
            return;
        };
        let listed = |allowed: &String| allowed == "*" || allowed.as_bytes() == origin.as_bytes();
        if self.origins.iter().any(listed) {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))])
    }

    #[test]
    fn only_listed_origins_are_allowed() {
        let key = HeaderName::from_static("x-api-key");
        let cors = Cors::new(&["https://shop.example".into()], [&key].into_iter());
        let answer = cors
            .preflight(&from("https://shop.example"))
            .expect("allowed");
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "https://shop.example");
        assert_eq!(
            answer[ACCESS_CONTROL_ALLOW_HEADERS],
            "content-type, content-encoding, x-api-key"
        );
        for origin in ["https://shop.example.evil", "http://shop.example", "null"] {
            assert!(cors.preflight(&from(origin)).is_none(), "{origin}");
        }
        assert!(cors.preflight(&HeaderMap::new()).is_none());
    }

    #[test]
    fn nothing_is_allowed_by_default() {
        let cors = Cors::new(&[], std::iter::empty());
        assert!(cors.preflight(&from("https://shop.example")).is_none());
    }
}
