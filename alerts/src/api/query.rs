//! What a request asks for: the parameters after `?`.

use http::StatusCode;
use percent_encoding::percent_decode_str;
use regex::Regex;

use super::Refusal;
use crate::matchers::{self, Matcher};

/// Longest regular expression for receivers, compiled, bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Parameters as they came, in their order.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=b&c=d`; `+` is a space.
    pub fn read(text: Option<&str>) -> Result<Self, Refusal> {
        let decoded = |text: &str| {
            let text = text.replace('+', " ");
            let decoded = percent_decode_str(&text).decode_utf8();
            decoded.map(|text| text.into_owned()).map_err(|_| {
                Refusal::Unread(StatusCode::BAD_REQUEST, "the query is not UTF-8".to_owned())
            })
        };
        let pairs = text.unwrap_or_default().split('&');
        let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(value)?))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let same = self.0.iter().filter(move |(n, _)| n == name);
        same.map(|(_, value)| value.as_str())
    }

    /// A yes or no; yes when it is not given.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.all(name).last() {
            None | Some("") => Ok(true),
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "t" | "yes" | "y" | "on" | "ok" => Ok(true),
                "false" | "0" | "f" | "no" | "n" | "off" => Ok(false),
                _ => Err(Refusal::Unread(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("{name} in query must be of type boolean: {text:?}"),
                )),
            },
        }
    }

    /// The matchers of all filters.
    pub fn filters(&self) -> Result<Vec<Matcher>, Refusal> {
        let read =
            |text| matchers::parse_one(text).map_err(|error| Refusal::bad(error.to_string()));
        self.all("filter").map(read).collect()
    }

    /// Which receivers are asked for: a regular expression of their whole names.
    pub fn receiver(&self) -> Result<Option<Regex>, Refusal> {
        let text = self.all("receiver").last().filter(|text| !text.is_empty());
        let compiled = text.map(|text| {
            regex::RegexBuilder::new(&format!("^(?:{text})$"))
                .size_limit(REGEX_BYTES_MAX)
                .build()
                .map_err(|error| Refusal::bad(format!("failed to parse receiver param: {error}")))
        });
        compiled.transpose()
    }
}
