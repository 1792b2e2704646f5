//! Taking credentials out of texts before they are stored.
//!
//! What stays in the place of one says by which rule it was found, how long it was, and a fingerprint
//! under a key that is not stored beside it: equal credentials have equal fingerprints, so that it can be
//! counted how often and where one leaks, and nobody who reads the store can try out guesses.

use ring::hmac;

use super::rule::Spot;
use super::{Secrets, at_offset, boundary_before, merge, spelled};

/// Bytes that are looked at once. Texts are hardly ever longer.
const WINDOW_BYTES: usize = 64 << 10;
/// Bytes by which windows overlap: a credential on the border is whole in one of them. Blocks are followed
/// beyond.
const OVERLAP_BYTES: usize = 8 << 10;

/// Takes credentials out of texts. Keep it: rules take tens of milliseconds to compile.
pub struct Redactor {
    secrets: Secrets,
    key: hmac::Key,
}

/// How long a credential was, roughly: its length alone would tell which of a few it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthClass {
    /// Up to 16 bytes: people's passwords.
    Short,
    /// Up to 64: most tokens.
    Token,
    /// Up to 512: signed tokens.
    Long,
    /// Longer: keys in blocks.
    Block,
}

impl LengthClass {
    fn of(bytes: usize) -> Self {
        match bytes {
            0..=16 => Self::Short,
            17..=64 => Self::Token,
            65..=512 => Self::Long,
            _ => Self::Block,
        }
    }

    /// As it stands in a redacted text: `1-16`, `17-64`, `65-512`, `513-`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "1-16",
            Self::Token => "17-64",
            Self::Long => "65-512",
            Self::Block => "513-",
        }
    }
}

/// A credential that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// How long it was.
    pub length: LengthClass,
    /// Equal for equal credentials under one key.
    pub fingerprint: u32,
}

impl Redactor {
    /// With these rules, and a key of any length for fingerprints; 32 random bytes are right.
    pub fn new(secrets: Secrets, key: &[u8]) -> Self {
        Self {
            secrets,
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
        }
    }

    /// The text without its credentials, and what was taken out; `None` if it has none. Linear, and
    /// without any allocation where no keyword stands in the text.
    ///
    /// In the place of a credential stands `[redacted:RULE:LENGTH:FINGERPRINT]`.
    pub fn redact(&self, text: &str) -> Option<(String, Vec<Redacted<'_>>)> {
        let spots = self.spots(text);
        if spots.is_empty() {
            return None;
        }
        let (mut out, mut told, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
        for (rule, spot) in spots {
            let one = self.redacted(rule, &text[spot.begin..spot.end]);
            out.push_str(&text[at..spot.begin]);
            out.push_str(&format!(
                "[redacted:{}:{}:{:08x}]",
                one.rule,
                one.length.name(),
                one.fingerprint
            ));
            told.push(one);
            at = spot.end;
        }
        out.push_str(&text[at..]);
        Some((out, told))
    }

    /// The same for the value of an attribute, whose name may say that all of it is a credential:
    /// `db.password`, `http.request.header.authorization`.
    pub fn redact_named(&self, name: &str, text: &str) -> Option<(String, Vec<Redacted<'_>>)> {
        match spelled(name, text) {
            None => self.redact(text),
            Some((spelled, offset)) => {
                let (out, told) = self.redact(&spelled)?;
                // The name, a sign and a quote before, a quote after.
                let value = out.get(offset..out.len().saturating_sub(1))?;
                Some((value.to_owned(), told))
            }
        }
    }

    fn redacted(&self, rule: usize, secret: &str) -> Redacted<'_> {
        let tag = hmac::sign(&self.key, secret.as_bytes());
        let first = tag.as_ref().first_chunk().copied().unwrap_or_default();
        Redacted {
            rule: &self.secrets.rules[rule].id,
            length: LengthClass::of(secret.len()),
            fingerprint: u32::from_be_bytes(first),
        }
    }

    /// All credentials of a text, window after window.
    fn spots(&self, text: &str) -> Vec<(usize, Spot)> {
        let (mut spots, mut at, mut next_end) = (Vec::new(), 0, None);
        while at < text.len() {
            let end = boundary_before(text, at + WINDOW_BYTES);
            let limit = match end == text.len() {
                true => end,
                false => boundary_before(text, end - OVERLAP_BYTES),
            };
            let mut here = Vec::new();
            self.secrets.scan(&text[at..end], usize::MAX, |rule, spot| {
                let spot = at_offset(spot, at);
                if spot.begin < limit {
                    here.push((rule, spot));
                }
            });
            here.sort_by_key(|(_, spot)| spot.begin);
            let mut last = limit;
            for (rule, mut spot) in here {
                let check = self.secrets.rules[rule].check;
                spot.end = check.end(text, spot.begin, spot.end, &mut next_end);
                last = last.max(spot.end);
                spots.push((rule, spot));
            }
            at = last;
        }
        merge(spots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(key: &[u8]) -> Redactor {
        Redactor::new(Secrets::built_in(), key)
    }

    /// Put together here, so that no scanner of repositories takes them for real ones.
    fn made(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn the_credential_is_taken_out_and_nothing_else() {
        let text = made(&["connecting to postgres://app:", "hT7x9qLm2@db/shop as é"]);
        let redactor = redactor(b"k");
        let (out, told) = redactor.redact(&text).expect("one");
        let print = told[0].fingerprint;
        assert_eq!(
            out,
            format!(
                "connecting to postgres://app:[redacted:url-password:1-16:{print:08x}]@db/shop as é"
            )
        );
        assert_eq!(redactor.redact("nothing here"), None);
        assert_eq!(
            redactor.redact(&out),
            None,
            "what was taken out is not taken out again"
        );
    }

    #[test]
    fn equal_credentials_have_equal_fingerprints_under_one_key_alone() {
        let (one, other) = (
            made(&["sk_", "live_9sT2bQx7LmV4nRwE1yKd"]),
            made(&["sk_", "live_8sT2bQx7LmV4nRwE1yKd"]),
        );
        let print = |key: &[u8], text: &str| {
            let redactor = redactor(key);
            let (_, told) = redactor.redact(text).expect("one");
            told[0].fingerprint
        };
        assert_eq!(print(b"k", &one), print(b"k", &format!("again {one}.")));
        assert_ne!(print(b"k", &one), print(b"k", &other));
        assert_ne!(print(b"k", &one), print(b"another", &one));
    }

    #[test]
    fn a_name_says_what_a_value_is() {
        let redactor = redactor(b"k");
        let (out, told) = redactor
            .redact_named(
                "http.request.header.authorization",
                &made(&["Bearer q8Zt2LmX4v", "Bn7RyK1wEsD9cU"]),
            )
            .expect("one");
        assert_eq!(told.len(), 1);
        assert!(
            out.starts_with("Bearer [redacted:") && out.ends_with(']'),
            "{out}"
        );
        assert!(
            redactor
                .redact_named("db.password", "Zx81kQpv73mNtY2e")
                .is_some()
        );
        assert_eq!(redactor.redact_named("app.note", "Zx81kQpv73mNtY2e"), None);
        assert_eq!(redactor.redact_named("app.token", "none"), None);
    }

    #[test]
    fn a_block_goes_to_its_last_line_or_with_its_letters() {
        let redactor = redactor(b"k");
        let body = "MIIEow\n".repeat(400);
        let begin = made(&["-----BEGIN RSA PRIV", "ATE KEY-----\n"]);
        let whole = made(&["a ", &begin, &body, "-----END RSA PRIV", "ATE KEY----- b"]);
        let (out, _) = redactor.redact(&whole).expect("one");
        assert!(
            out.starts_with("a [redacted:private-key:513-:") && out.ends_with("] b"),
            "{out}"
        );
        let cut_off = made(&["a ", &begin, &body, ". Then words"]);
        let (out, _) = redactor.redact(&cut_off).expect("one");
        assert!(
            out.ends_with("]. Then words") && !out.contains("MIIE"),
            "{out}"
        );
    }

    #[test]
    fn long_texts_are_looked_at_to_their_end_and_across_windows() {
        let redactor = redactor(b"k");
        let secret = made(&["sk_", "live_9sT2bQx7LmV4nRwE1yKd"]);
        let mut text = String::new();
        while text.len() < 3 * WINDOW_BYTES {
            text.push_str("é filler words between, ");
            text.push_str(&secret);
        }
        let (out, told) = redactor.redact(&text).expect("many");
        assert!(!out.contains(&secret));
        assert_eq!(told.len(), text.matches(&secret).count());
    }

    #[test]
    fn many_blocks_without_an_end_cost_one_walk_for_it() {
        let begin = made(&["-----BEGIN PRIV", "ATE KEY-----", &"A1b2".repeat(20), " "]);
        let text = begin.repeat(20_000);
        let redactor = redactor(b"k");
        let (out, told) = redactor.redact(&text).expect("many");
        assert_eq!(told.len(), 20_000);
        assert!(!out.contains("A1b2"));
    }
}
