//! A pull reader for JSON that knows where it is: every error names the path it happened at.

mod text;

use std::borrow::Cow;
use std::fmt::Write;
use std::str::FromStr;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::NOT_HEX;
use crate::decode::DecodeError;

/// What reading a value gives.
pub(super) type Read<T> = Result<T, DecodeError>;

/// How many objects and arrays may lie in one another. Protobuf allows 100 messages; a JSON list of
/// lists takes four containers where protobuf takes three messages. Bounds the stack as well.
const MAX_DEPTH: usize = 132;

/// Whole numbers up to 2^53 are exact when written as a float, such as `1e3`.
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

enum Step<'a> {
    Field(Cow<'a, str>),
    Item(usize),
}

/// The text, how far it is read, and where in the message that is.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Step<'a>>,
    decoded_bytes: usize,
    decoded_limit: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, decoded_limit: usize) -> Self {
        Self {
            text,
            at: 0,
            path: Vec::new(),
            decoded_bytes: 0,
            decoded_limit,
        }
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Nothing may follow the document.
    pub(super) fn end(&mut self) -> Read<()> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(self.broken("the end of the document"))
        }
    }

    /// A message: `field` is called for each name whose value is not `null`, and must read or skip
    /// the value.
    pub(super) fn message<T: Default>(
        &mut self,
        mut field: impl FnMut(&mut T, &mut Self, &str) -> Read<()>,
    ) -> Read<T> {
        let mut message = T::default();
        self.open(b'{', "an object")?;
        let mut more = !self.eat(b'}');
        while more {
            let name = self.quoted("a field name in quotes")?;
            self.expect(b':', "`:`")?;
            self.path.push(Step::Field(name.clone()));
            if !self.null()? {
                field(&mut message, self, &name)?;
            }
            self.path.pop();
            more = self.more(b'}', "`,` or `}`")?;
        }
        Ok(message)
    }

    /// An array, each item read by `item`; `null` items are the default.
    pub(super) fn list<T: Default>(&mut self, item: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        self.open(b'[', "an array")?;
        let mut more = !self.eat(b']');
        while more {
            self.decoded_bytes += size_of::<T>();
            if self.decoded_bytes > self.decoded_limit {
                return Err(DecodeError::too_big(self.decoded_limit));
            }
            self.path.push(Step::Item(items.len()));
            items.push(if self.null()? {
                T::default()
            } else {
                item(self)?
            });
            self.path.pop();
            more = self.more(b']', "`,` or `]`")?;
        }
        Ok(items)
    }

    /// Any value, left unread: the value of an unknown field.
    pub(super) fn skip(&mut self) -> Read<()> {
        match self.peek() {
            Some(b'{') => self.message(|(), reader, _| reader.skip()),
            Some(b'[') => self.list(Self::skip).map(drop),
            Some(b'"') => self.quoted("a text").map(drop),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// A text.
    pub(super) fn string(&mut self) -> Read<String> {
        match self.peek() {
            Some(b'"') => self.quoted("a text").map(Cow::into_owned),
            _ => Err(self.unexpected("a text")),
        }
    }

    /// `true` or `false`.
    pub(super) fn bool(&mut self) -> Read<bool> {
        match self.peek() {
            Some(b't') => self.word("true").map(|()| true),
            Some(b'f') => self.word("false").map(|()| false),
            _ => Err(self.unexpected("true or false")),
        }
    }

    /// A whole number, written as a number or as a text.
    pub(super) fn integer<T: FromStr + TryFrom<i64>>(&mut self) -> Read<T> {
        let token = match self.peek() {
            Some(b'"') => self.quoted("a text")?,
            Some(b'-' | b'0'..=b'9') => Cow::Borrowed(self.number()?),
            _ => return Err(self.unexpected("a whole number, as a number or a text")),
        };
        let as_float = || {
            let value: f64 = token.parse().ok()?;
            #[allow(clippy::cast_possible_truncation)] // exact in this range
            let exact =
                (value.fract() == 0.0 && value.abs() <= EXACT_FLOAT).then_some(value as i64);
            T::try_from(exact?).ok()
        };
        token.parse().ok().or_else(as_float).ok_or_else(|| {
            let bits = 8 * size_of::<T>();
            self.fail(format!(
                "`{token}` is not a whole number that fits {bits} bits"
            ))
        })
    }

    /// The number of an enum value; its name is refused, as OTLP/JSON demands.
    pub(super) fn enumeration(&mut self) -> Read<i32> {
        if self.peek() != Some(b'"') {
            return self.integer();
        }
        let name = self.quoted("a text")?;
        Err(self.fail(format!(
            "expected the number of the enum value, found `{name}`"
        )))
    }

    /// A float: a number, or a text that is one or says NaN, Infinity or -Infinity.
    pub(super) fn double(&mut self) -> Read<f64> {
        let token = match self.peek() {
            Some(b'"') => self.quoted("a text")?,
            Some(b'-' | b'0'..=b'9') => Cow::Borrowed(self.number()?),
            _ => return Err(self.unexpected("a number, or one of NaN, Infinity, -Infinity")),
        };
        match &*token {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            number if number.ends_with(|c: char| c.is_ascii_digit() || c == '.') => number
                .parse()
                .map_err(|_| self.fail(format!("`{number}` is not a number"))),
            other => Err(self.fail(format!("`{other}` is not a number"))),
        }
    }

    /// A trace or span id. Whatever is not hex becomes [`NOT_HEX`]; "" is empty.
    pub(super) fn id(&mut self) -> Read<Vec<u8>> {
        if self.peek() == Some(b'"') {
            let digits = self.quoted("a text")?;
            return Ok(hex::decode(&*digits).unwrap_or_else(|_| NOT_HEX.to_vec()));
        }
        // The Rust SDK once sent arrays of numbers here.
        self.skip()?;
        Ok(NOT_HEX.to_vec())
    }

    /// Bytes as base64, with either alphabet and with or without padding.
    pub(super) fn base64(&mut self) -> Read<Vec<u8>> {
        let text = self.string()?;
        BASE64
            .decode(&text)
            .or_else(|_| BASE64_URL.decode(&text))
            .map_err(|_| self.fail("expected bytes as base64"))
    }

    /// Whether the value is `null`, which is then read.
    fn null(&mut self) -> Read<bool> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.word("null").map(|()| true)
    }

    /// An error about the field being read.
    fn fail(&self, problem: impl Into<String>) -> DecodeError {
        DecodeError::new(self.path(), problem)
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            // Writing to a String cannot fail.
            let _ = match step {
                Step::Item(index) => write!(path, "[{index}]"),
                Step::Field(name) if path.is_empty() => write!(path, "{name}"),
                Step::Field(name) => write!(path, ".{name}"),
            };
        }
        path
    }

    /// The value is JSON, but of another kind than the message wants.
    fn unexpected(&mut self, wanted: &str) -> DecodeError {
        let found = match self.peek() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a text",
            Some(b'-' | b'0'..=b'9') => "a number",
            _ => match ["true", "false", "null"]
                .iter()
                .find(|word| self.is_word(word))
            {
                Some(word) => word,
                None => return self.broken(wanted),
            },
        };
        self.fail(format!("expected {wanted}, found {found}"))
    }

    /// The text is not JSON here.
    fn broken(&self, wanted: &str) -> DecodeError {
        let at = self.at;
        match self.text[at..].chars().next() {
            Some(found) => self.fail(format!(
                "not valid JSON at byte {at}: expected {wanted}, found `{found}`"
            )),
            None => self.fail(format!(
                "the body ends at byte {at} where {wanted} should follow"
            )),
        }
    }
}
