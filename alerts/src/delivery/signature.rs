//! Signatures of Standard Webhooks 1.0.0: who sent this, and that it is not an old message again.
//!
//! `webhook-id` stays the same in all attempts, `webhook-timestamp` is the attempt's own second, and
//! `webhook-signature` holds one signature per key, so that a receiver may change keys at leisure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Most keys of one receiver: one in use, one that comes, one that goes, and a spare.
pub const KEYS_MAX: usize = 4;
/// Bytes of a shared secret, as the standard has it.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key to sign with.
pub enum Key {
    /// `v1`: HMAC-SHA256 with a secret that the receiver has too.
    Shared(hmac::Key),
    /// `v1a`: ed25519, whose public half the receiver has.
    Own(Box<Ed25519KeyPair>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "Key(v1)",
            Self::Own(_) => "Key(v1a)",
        })
    }
}

/// Why a text is no key; it never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It begins otherwise.
    #[error("a signing key begins with whsec_ (a shared secret) or whsk_ (a private key)")]
    Prefix,
    /// A public key verifies and cannot sign.
    #[error("whpk_ is a public key, which only verifies; the signing key begins with whsk_")]
    Public,
    /// The rest is no base64.
    #[error("after whsec_ or whsk_ comes base64")]
    Base64,
    /// A secret that could be guessed, or is longer than the standard allows.
    #[error("a whsec_ secret has 24 to 64 bytes, this one has {0}")]
    SecretLength(usize),
    /// Neither a seed nor a seed with its public key.
    #[error("a whsk_ key has 32 bytes (its seed) or 64 (the public key after it)")]
    KeyLength,
    /// Seed and public key are of two different pairs.
    #[error("the public half of this whsk_ key is not its own")]
    Halves,
}

impl Key {
    /// Reads `whsec_…` or `whsk_…`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = |rest: &str| STANDARD.decode(rest).map_err(|_| KeyError::Base64);
        if let Some(rest) = text.strip_prefix("whsec_") {
            let secret = bytes(rest)?;
            if !SECRET_BYTES.contains(&secret.len()) {
                return Err(KeyError::SecretLength(secret.len()));
            }
            return Ok(Self::Shared(hmac::Key::new(hmac::HMAC_SHA256, &secret)));
        }
        if text.starts_with("whpk_") {
            return Err(KeyError::Public);
        }
        let key = bytes(text.strip_prefix("whsk_").ok_or(KeyError::Prefix)?)?;
        let pair = match key.len() {
            32 => Ed25519KeyPair::from_seed_unchecked(&key).map_err(|_| KeyError::KeyLength)?,
            64 => Ed25519KeyPair::from_seed_and_public_key(&key[..32], &key[32..])
                .map_err(|_| KeyError::Halves)?,
            _ => return Err(KeyError::KeyLength),
        };
        Ok(Self::Own(Box::new(pair)))
    }

    /// What a receiver verifies with: `whpk_…`; none for a shared secret.
    #[must_use]
    pub fn public(&self) -> Option<String> {
        match self {
            Self::Shared(_) => None,
            Self::Own(pair) => Some(format!(
                "whpk_{}",
                STANDARD.encode(pair.public_key().as_ref())
            )),
        }
    }

    fn sign(&self, text: &[u8]) -> String {
        match self {
            Self::Shared(key) => format!("v1,{}", STANDARD.encode(hmac::sign(key, text))),
            Self::Own(pair) => format!("v1a,{}", STANDARD.encode(pair.sign(text))),
        }
    }
}

/// The value of `webhook-signature`: one signature per key, of the id, the second and the body.
#[must_use]
pub fn sign(keys: &[Key], id: &str, second: i64, body: &[u8]) -> String {
    let mut text = format!("{id}.{second}.").into_bytes();
    text.extend_from_slice(body);
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(&text)).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    // The example of the standard's text.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECOND: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    #[test]
    fn a_shared_secret_signs_as_the_standards_example() {
        let key = Key::parse(SECRET).expect("a key");
        let signature = sign(&[key], ID, SECOND, BODY);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_private_key_signs_what_its_public_half_verifies() {
        // RFC 8032, test 1: the seed and its public key.
        let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public =
            hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let (seed, public) = (seed.expect("hex"), public.expect("hex"));
        let key = Key::parse(&format!("whsk_{}", STANDARD.encode(&seed))).expect("a key");
        assert_eq!(
            key.public(),
            Some(format!("whpk_{}", STANDARD.encode(&public)))
        );
        let both = STANDARD.encode([seed, public.clone()].concat());
        let both = Key::parse(&format!("whsk_{both}")).expect("a key");
        let signature = sign(&[key], ID, SECOND, BODY);
        assert_eq!(
            signature,
            sign(&[both], ID, SECOND, BODY),
            "ed25519 is deterministic"
        );
        let bytes = STANDARD
            .decode(signature.strip_prefix("v1a,").expect("v1a"))
            .expect("base64");
        let signed = [format!("{ID}.{SECOND}.").as_bytes(), BODY].concat();
        let verifier = UnparsedPublicKey::new(&ED25519, &public);
        verifier.verify(&signed, &bytes).expect("verifies");
        assert!(verifier.verify(b"other", &bytes).is_err());
    }

    #[test]
    fn while_keys_change_each_of_them_signs() {
        let own = format!("whsk_{}", STANDARD.encode([7; 32]));
        let keys = [SECRET, &own].map(|text| Key::parse(text).expect("a key"));
        let signatures = sign(&keys, ID, SECOND, BODY);
        let kinds: Vec<&str> = signatures
            .split(' ')
            .map(|s| &s[..s.find(',').expect("a comma")])
            .collect();
        assert_eq!(kinds, ["v1", "v1a"]);
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let of = |prefix: &str, bytes: &[u8]| format!("{prefix}{}", STANDARD.encode(bytes));
        let mut halves = [7; 64];
        halves[40] = 8;
        let cases = [
            ("hunter2".to_owned(), KeyError::Prefix),
            ("whsec_***".to_owned(), KeyError::Base64),
            (of("whsec_", &[1; 23]), KeyError::SecretLength(23)),
            (of("whsec_", &[1; 65]), KeyError::SecretLength(65)),
            (of("whpk_", &[1; 32]), KeyError::Public),
            (of("whsk_", &[1; 31]), KeyError::KeyLength),
            (of("whsk_", &halves), KeyError::Halves),
        ];
        for (text, error) in cases {
            let said = Key::parse(&text).expect_err(&text);
            assert_eq!(said, error);
            assert!(!said.to_string().contains(&text));
        }
        assert_eq!(format!("{:?}", Key::parse(SECRET)), "Ok(Key(v1))");
    }
}
