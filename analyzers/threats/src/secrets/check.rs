//! What credentials say of themselves: checksums that hold, headers that decode, blocks that end.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Letters of GitHub's and npm's checksum, at a token's end.
const CHECKSUM_LETTERS: usize = 6;

/// How a rule's credentials are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// They say nothing of themselves.
    None,
    /// The last six letters are the CRC-32 of those between them and the prefix, in base 62. A token that
    /// does not have it was mistyped, made up or cut off: it is still told of, for who knows.
    Checksum,
    /// The first part is a JSON object that names an algorithm; what has none is no token.
    Header,
    /// A block that goes on to its last line.
    Block,
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is one, beyond doubt.
    Verified,
    /// Nothing speaks against it.
    Open,
    /// It is none.
    Refused,
}

impl Check {
    /// By a rule's name: our own and those of gitleaks' file.
    pub fn of(rule: &str) -> Self {
        match rule {
            "private-key" => Self::Block,
            "jwt" => Self::Header,
            "npm-access-token" | "package-registry-token" => Self::Checksum,
            name if name.starts_with("github-") => Self::Checksum,
            _ => Self::None,
        }
    }

    /// What it says of a credential.
    pub fn of_secret(self, secret: &str) -> Outcome {
        match self {
            Self::None | Self::Block => Outcome::Open,
            Self::Checksum if checksum_holds(secret) => Outcome::Verified,
            Self::Checksum => Outcome::Open,
            Self::Header => match header_names_algorithm(secret) {
                true => Outcome::Verified,
                false => Outcome::Refused,
            },
        }
    }

    /// Where a credential that begins in a text ends: of a block after its last line, or with its letters
    /// where that does not come. `next_end` remembers where the next last line stands, so that many blocks
    /// cost no more than one walk.
    pub fn end(self, text: &str, begin: usize, end: usize, next_end: &mut Option<usize>) -> usize {
        /// Bytes of the longest key that is written so, and some.
        const BLOCK_BYTES_MAX: usize = 32 << 10;
        const LAST: &str = "-----END";
        if self != Self::Block {
            return end;
        }
        if next_end.is_none_or(|at| at < end) {
            *next_end = Some(text[end..].find(LAST).map_or(text.len(), |at| end + at));
        }
        let last = next_end.unwrap_or(text.len());
        if last < text.len() && last - begin <= BLOCK_BYTES_MAX {
            let line = &text[last + LAST.len()..];
            let closes = line.find("-----").filter(|at| *at < 64);
            return last + LAST.len() + closes.map_or(0, |at| at + 5);
        }
        let letter = |b: u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\\' | b'\n' | b'\r')
        };
        let rest = text.as_bytes()[end..].iter().take(BLOCK_BYTES_MAX);
        end + rest.take_while(|b| letter(**b)).count()
    }
}

/// GitHub's: `ghp_`, thirty letters, and the checksum of these.
fn checksum_holds(token: &str) -> bool {
    let Some((_, body)) = token.split_once('_') else {
        return false;
    };
    let Some(split) = body.len().checked_sub(CHECKSUM_LETTERS) else {
        return false;
    };
    let (Some(payload), Some(sum)) = (body.get(..split), body.get(split..)) else {
        return false;
    };
    base62(sum) == Some(u64::from(crc32(payload.as_bytes())))
}

fn base62(letters: &str) -> Option<u64> {
    letters.bytes().try_fold(0_u64, |sum, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        Some(sum * 62 + u64::from(digit))
    })
}

/// CRC-32 as zip has it, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

fn header_names_algorithm(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    let Ok(header) = URL_SAFE_NO_PAD.decode(header) else {
        return false;
    };
    let header: Result<serde_json::Map<String, serde_json::Value>, _> =
        serde_json::from_slice(&header);
    header.is_ok_and(|header| header.contains_key("alg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_letters_between_prefix_and_itself() {
        assert_eq!(
            crc32(b"123456789"),
            0xcbf4_3926,
            "the known value of this checksum"
        );
        let payload = "q8Zt2LmX4vBn7RyK1wEsD9cUgH5jPa";
        let mut rest = u64::from(crc32(payload.as_bytes()));
        let mut sum = [b'0'; CHECKSUM_LETTERS];
        for letter in sum.iter_mut().rev() {
            let letters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            *letter = letters[(rest % 62) as usize];
            rest /= 62;
        }
        let token = format!("ghp_{payload}{}", String::from_utf8_lossy(&sum));
        assert_eq!(Check::Checksum.of_secret(&token), Outcome::Verified);
        let mistyped = token.replace("q8Z", "q8z");
        assert_eq!(Check::Checksum.of_secret(&mistyped), Outcome::Open);
    }

    #[test]
    fn a_web_token_names_its_algorithm() {
        let token = |header: &str| format!("{}.e30.x", URL_SAFE_NO_PAD.encode(header));
        let named = token(r#"{"alg":"HS256","typ":"JWT"}"#);
        assert_eq!(Check::Header.of_secret(&named), Outcome::Verified);
        assert_eq!(
            Check::Header.of_secret(&token(r#"{"a":"b"}"#)),
            Outcome::Refused
        );
        assert_eq!(Check::Header.of_secret("eyJhbGci!.x.y"), Outcome::Refused);
    }
}
