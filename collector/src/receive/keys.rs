//! Ingest keys: who may send.

use std::path::PathBuf;

use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::config::{Key, digest};
use crate::refusal::{Reason, Refusal};

/// A key file is one line; whatever is bigger is the wrong file.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

/// The keys as they are compared: only their SHA-256 stays in memory.
pub(crate) struct Keyring {
    locks: Vec<Lock>,
}

/// One header, and the keys that open there.
struct Lock {
    header: HeaderName,
    scheme: String,
    digests: Vec<[u8; 32]>,
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
        for key in keys {
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
                Some(lock) => lock.digests.push(digest),
                None => locks.push(Lock {
                    header,
                    scheme: scheme.to_owned(),
                    digests: vec![digest],
                }),
            }
        }
        Ok(Self { locks })
    }

    /// The headers that keys come in.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.locks.iter().map(|lock| &lock.header)
    }

    /// Whether one of the keys is among the headers. Every key is compared in constant time, so the
    /// answer's delay tells nothing of how close a guess was.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.locks.is_empty() {
            return Ok(());
        }
        let mut offered = false;
        let mut opened = Choice::from(0);
        for lock in &self.locks {
            for key in headers
                .get_all(&lock.header)
                .iter()
                .filter_map(|v| lock.key(v.as_bytes()))
            {
                offered = true;
                let digest: [u8; 32] = Sha256::digest(key).into();
                for known in &lock.digests {
                    opened |= digest.ct_eq(known);
                }
            }
        }
        if opened.into() {
            return Ok(());
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
        ])
        .expect("loaded");
        for (case, opens) in [
            (("authorization", "Bearer 0123456789abcdef"), true),
            (("authorization", "bearer  0123456789abcdef "), true),
            (("authorization", "Basic 0123456789abcdef"), false),
            (("authorization", "Bearer0123456789abcdef"), false),
            (("authorization", "Bearer 0123456789abcdeF"), false),
            (("authorization", "Bearer "), false),
            (("authorization", ""), false),
            (("authorization", "Bearer another-key-of-mine"), false),
            (("x-api-key", "another-key-of-mine"), true),
            (("x-api-key", &hashed), false),
        ] {
            assert_eq!(keys.check(&headers(&[case])).is_ok(), opens, "{case:?}");
        }
        let missing = keys.check(&HeaderMap::new()).expect_err("refused");
        assert_eq!(
            missing.message,
            "no ingest key came: send it as `authorization: Bearer <key>`"
        );
    }

    #[test]
    fn without_keys_everyone_may_send() {
        assert!(
            Keyring::load(&[])
                .expect("loaded")
                .check(&HeaderMap::new())
                .is_ok()
        );
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
