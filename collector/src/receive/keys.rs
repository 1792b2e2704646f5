//! Ingest keys: who may send.

use std::path::PathBuf;

use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::config::{Key, digest};
use crate::refusal::{Reason, Refusal};
use crate::sender::Sender;

/// A key file is one line; whatever is bigger is the wrong file.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

/// The keys as they are compared: only their SHA-256 stays in memory.
pub(crate) struct Keyring {
    locks: Vec<Lock>,
    /// By their numbers.
    senders: Vec<Sender>,
}

/// One header, and the keys that open there.
struct Lock {
    header: HeaderName,
    scheme: String,
    /// The digest of each key, and its sender's number.
    keys: Vec<([u8; 32], u32)>,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("reading the ingest key {name} from {}: {source}", path.display())]
    File {
        /// The key's name.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The key is unusable.
    #[error("the ingest key {name} is unusable: {problem}")]
    Bad {
        /// The key's name.
        name: String,
        /// What is wrong and what to do.
        problem: &'static str,
    },
}

impl Keyring {
    /// Reads the key files and hashes what has to be.
    pub(crate) fn load(keys: &[Key]) -> Result<Self, KeyError> {
        let mut locks: Vec<Lock> = Vec::new();
        let senders = Sender::all(keys);
        for (key, number) in keys.iter().zip(1..) {
            let bad = |problem| KeyError::Bad {
                name: key.name.clone(),
                problem,
            };
            let (header, scheme) = key.header_and_scheme().map_err(bad)?;
            let digest = match (&key.key, &key.key_file) {
                (Some(secret), _) => digest(secret.reveal()).map_err(bad)?,
                (None, Some(_)) => digest(&read_file(key)?).map_err(bad)?,
                (None, None) => return Err(bad("set key or key_file")),
            };
            match locks
                .iter_mut()
                .find(|lock| lock.header == header && lock.scheme == scheme)
            {
                Some(lock) => lock.keys.push((digest, number)),
                None => locks.push(Lock {
                    header,
                    scheme: scheme.to_owned(),
                    keys: vec![(digest, number)],
                }),
            }
        }
        Ok(Self { locks, senders })
    }

    /// The headers that keys come in.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.locks.iter().map(|lock| &lock.header)
    }

    /// The key among the headers. Every key is compared, and in constant time, so the answer's delay
    /// tells nothing of how close a guess was, nor which key it was that opened.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<Sender, Refusal> {
        if self.locks.is_empty() {
            return Ok(Sender::ANYONE);
        }
        let mut offered = false;
        let mut opened = Choice::from(0);
        let mut number = 0_u32;
        for lock in &self.locks {
            for key in headers
                .get_all(&lock.header)
                .iter()
                .filter_map(|v| lock.key(v.as_bytes()))
            {
                offered = true;
                let digest: [u8; 32] = Sha256::digest(key).into();
                for (known, its_number) in &lock.keys {
                    let is_it = digest.ct_eq(known);
                    number.conditional_assign(its_number, is_it);
                    opened |= is_it;
                }
            }
        }
        if opened.into() {
            let sender = self.senders.get(number as usize).copied();
            return Ok(sender.unwrap_or(Sender::ANYONE));
        }
        let fault = if offered {
            "the ingest key is not known here"
        } else {
            "no ingest key came"
        };
        Err(Refusal::new(
            Reason::Key,
            format!("{fault}: send it as `{}`", self.locks[0]),
        ))
    }

    /// What `WWW-Authenticate` says.
    pub(crate) fn challenge(&self) -> &'static str {
        r#"Bearer realm="nephoscope""#
    }
}

impl Lock {
    /// The key within a header's value: what follows the scheme, whose case does not matter.
    fn key<'a>(&self, value: &'a [u8]) -> Option<&'a [u8]> {
        if self.scheme.is_empty() {
            return Some(value);
        }
        let (scheme, key) = value.split_at_checked(self.scheme.len())?;
        let key = key.strip_prefix(b" ")?;
        scheme
            .eq_ignore_ascii_case(self.scheme.as_bytes())
            .then(|| key.trim_ascii())
    }
}

impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let space = if self.scheme.is_empty() { "" } else { " " };
        write!(f, "{}: {}{space}<key>", self.header, self.scheme)
    }
}

fn read_file(key: &Key) -> Result<String, KeyError> {
    use std::io::Read;
    let path = key.key_file.clone().unwrap_or_default();
    let mut text = String::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text))
        .map_err(|source| KeyError::File {
            name: key.name.clone(),
            path,
            source,
        })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn key(name: &str, key: &str, header: &str) -> Key {
        Key {
            name: name.into(),
            key: Some(Secret::new(key)),
            key_file: None,
            header: header.into(),
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (HeaderName::from_static(k), v.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_key_opens_only_in_its_own_header_and_scheme() {
        let hashed = format!(
            "sha256:{}",
            hex::encode(Sha256::digest("another-key-of-mine"))
        );
        let keys = Keyring::load(&[
            key("a", "0123456789abcdef", "authorization: Bearer"),
            key("b", &hashed, "x-api-key"),
            key("c", "fedcba9876543210", "authorization: Bearer"),
        ])
        .expect("loaded");
        for (case, opens) in [
            (("authorization", "Bearer 0123456789abcdef"), Some("a")),
            (("authorization", "bearer  0123456789abcdef "), Some("a")),
            (("authorization", "Basic 0123456789abcdef"), None),
            (("authorization", "Bearer0123456789abcdef"), None),
            (("authorization", "Bearer 0123456789abcdeF"), None),
            (("authorization", "Bearer "), None),
            (("authorization", ""), None),
            (("authorization", "Bearer another-key-of-mine"), None),
            (("authorization", "Bearer fedcba9876543210"), Some("c")),
            (("x-api-key", "another-key-of-mine"), Some("b")),
            (("x-api-key", &hashed), None),
        ] {
            let opened = keys.check(&headers(&[case])).ok();
            let name = |sender: Sender| ["anyone", "a", "b", "c"][sender.index()];
            assert_eq!(opened.map(name), opens, "{case:?}");
        }
        let missing = keys.check(&HeaderMap::new()).expect_err("refused");
        assert_eq!(
            missing.message,
            "no ingest key came: send it as `authorization: Bearer <key>`"
        );
    }

    #[test]
    fn without_keys_everyone_may_send() {
        let keys = Keyring::load(&[]).expect("loaded");
        assert_eq!(keys.check(&HeaderMap::new()), Ok(Sender::ANYONE));
    }

    #[test]
    fn a_key_file_that_is_missing_is_named() {
        let mut key = key("ci", "", "x-api-key");
        key.key = None;
        key.key_file = Some("/nonexistent/ingest.key".into());
        let error = Keyring::load(&[key]).err().expect("refused").to_string();
        assert!(
            error.starts_with("reading the ingest key ci from /nonexistent/ingest.key: "),
            "{error}"
        );
    }
}
