//! The password: kept as an argon2id hash, compared in constant time.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::config::ConfigError;

/// Fewest characters of a password written in plain.
const MIN_CHARS: usize = 8;
/// Longest attempt that is looked at, bytes.
const MAX_ATTEMPT_BYTES: usize = 1_024;
/// Hashes computed at once: each takes about 19 MiB and a core.
const MAX_AT_ONCE: usize = 2;

/// Checks the setting without using it.
///
/// # Errors
/// [`ConfigError`] for a hash that cannot be read or a password that is too short.
pub(crate) fn check_password_setting(setting: &str) -> Result<(), ConfigError> {
    if setting.starts_with("$argon2") {
        let hash = PasswordHash::new(setting);
        if !hash.is_ok_and(|h| h.algorithm.as_str() == "argon2id" && h.hash.is_some()) {
            let reason = "starts like a hash but is no argon2id hash in PHC form";
            return Err(ConfigError::new("password", reason));
        }
        return Ok(());
    }
    if setting.chars().count() < MIN_CHARS {
        let reason = format!("is shorter than {MIN_CHARS} characters");
        return Err(ConfigError::new("password", reason));
    }
    Ok(())
}

/// A password that can be compared but not read.
pub(super) struct Password {
    hash: Arc<str>,
    /// Keyed digest of the password once it was right, so that API callers who send it with every
    /// request do not pay for argon2 each time. Useless without the key of this process.
    known: Mutex<Option<[u8; 32]>>,
    key: [u8; 32],
    permits: Semaphore,
}

impl Password {
    /// From the setting: a hash is taken as it is, anything else is hashed now.
    ///
    /// # Errors
    /// [`ConfigError`] as [`check_password_setting`], or when hashing fails.
    pub(super) fn new(setting: &str) -> Result<Self, ConfigError> {
        check_password_setting(setting)?;
        let hash = if setting.starts_with("$argon2") {
            setting.to_owned()
        } else {
            Argon2::default()
                .hash_password(setting.as_bytes())
                .map_err(|_| ConfigError::new("password", "cannot be hashed"))?
                .to_string()
        };
        Ok(Self {
            hash: hash.into(),
            known: Mutex::new(None),
            key: rand::random(),
            permits: Semaphore::new(MAX_AT_ONCE),
        })
    }

    /// Whether `attempt` was found to be the password before: cheap, and never wrong.
    pub(super) fn is_surely(&self, attempt: &str) -> bool {
        attempt.len() <= MAX_ATTEMPT_BYTES && self.is_known(&self.digest(attempt))
    }

    /// Whether `attempt` is the password.
    pub(super) async fn is(&self, attempt: &str) -> bool {
        if attempt.is_empty() || attempt.len() > MAX_ATTEMPT_BYTES {
            return false;
        }
        let digest = self.digest(attempt);
        if self.is_known(&digest) {
            return true;
        }
        let Ok(_permit) = self.permits.acquire().await else {
            return false;
        };
        let (hash, attempt) = (Arc::clone(&self.hash), attempt.to_owned());
        let verified = tokio::task::spawn_blocking(move || {
            Argon2::default()
                .verify_password(attempt.as_bytes(), &*hash)
                .is_ok()
        });
        let right = verified.await.unwrap_or(false);
        if right {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
        }
        right
    }

    fn digest(&self, attempt: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.key)
            .chain_update(attempt.as_bytes())
            .finalize()
            .into()
    }

    fn is_known(&self, digest: &[u8; 32]) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_some_and(|known| known.ct_eq(digest).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_plain_password_is_hashed_and_compared() {
        let password = Password::new("correct horse").expect("long enough");
        assert!(!password.hash.contains("horse"));
        assert!(!password.is("wrong horse").await);
        assert!(!password.is("").await);
        assert!(!password.is(&"x".repeat(2_000)).await);
        assert!(password.is("correct horse").await);
        assert!(password.is("correct horse").await, "by the known digest");
        assert!(!password.is("correct horsf").await);
    }

    #[tokio::test]
    async fn a_hash_is_taken_as_it_is() {
        let hash = Password::new("correct horse")
            .expect("long enough")
            .hash
            .to_string();
        let password = Password::new(&hash).expect("a hash");
        assert!(password.is("correct horse").await);
        assert!(!password.is(&hash).await, "the hash is not the password");
    }
}
