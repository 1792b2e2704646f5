//! Who is logged in: random tokens, known here only by their hash.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use store::model::UnixNano;

/// Logins remembered: 10,000 of about 64 B are 640 kB. The least recently used goes first.
const MAX_SESSIONS: usize = 10_000;
const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

/// All logins of this process. They end with it.
#[derive(Debug)]
pub(super) struct Sessions {
    lifetime: i64,
    by_hash: HashMap<[u8; 32], Session>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    created: UnixNano,
    used: UnixNano,
}

impl Sessions {
    pub(super) fn new(hours: u32) -> Self {
        Self {
            lifetime: i64::from(hours) * NANOS_PER_HOUR,
            by_hash: HashMap::new(),
        }
    }

    /// A new login; the token is for the cookie and nowhere else.
    pub(super) fn create(&mut self, now: UnixNano) -> String {
        let lifetime = self.lifetime;
        self.by_hash
            .retain(|_, session| session.is_alive(now, lifetime));
        if self.by_hash.len() >= MAX_SESSIONS {
            let oldest = self
                .by_hash
                .iter()
                .min_by_key(|(_, s)| s.used)
                .map(|(hash, _)| *hash);
            if let Some(hash) = oldest {
                self.by_hash.remove(&hash);
            }
        }
        let token = hex::encode(rand::random::<[u8; 32]>());
        self.by_hash.insert(
            hash(&token),
            Session {
                created: now,
                used: now,
            },
        );
        token
    }

    /// Whether the token is a login that has not ended; using it keeps it alive.
    pub(super) fn is_valid(&mut self, token: &str, now: UnixNano) -> bool {
        let lifetime = self.lifetime;
        match self.by_hash.get_mut(&hash(token)) {
            Some(session) if session.is_alive(now, lifetime) => {
                session.used = now;
                true
            }
            _ => false,
        }
    }

    /// Ends a login.
    pub(super) fn remove(&mut self, token: &str) {
        self.by_hash.remove(&hash(token));
    }
}

impl Session {
    fn is_alive(&self, now: UnixNano, lifetime: i64) -> bool {
        now.0.saturating_sub(self.created.0) < lifetime
            && now.0.saturating_sub(self.used.0) < lifetime / 4
    }
}

// A look-up by hash leaks nothing about the token through its timing.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(h: i64) -> UnixNano {
        UnixNano(h * NANOS_PER_HOUR)
    }

    #[test]
    fn a_login_ends_when_unused_and_in_any_case_at_its_end() {
        let mut sessions = Sessions::new(8);
        let idle = sessions.create(hour(0));
        assert!(sessions.is_valid(&idle, hour(1)));
        assert!(!sessions.is_valid(&idle, hour(3)), "unused for two hours");
        let busy = sessions.create(hour(10));
        for h in 11..18 {
            assert!(sessions.is_valid(&busy, hour(h)));
        }
        assert!(!sessions.is_valid(&busy, hour(18)), "eight hours old");
    }

    #[test]
    fn unknown_and_removed_tokens_are_refused() {
        let mut sessions = Sessions::new(8);
        let token = sessions.create(hour(0));
        assert_eq!(token.len(), 64);
        assert!(!sessions.is_valid("", hour(0)));
        assert!(!sessions.is_valid(&token[1..], hour(0)));
        sessions.remove(&token);
        assert!(!sessions.is_valid(&token, hour(0)));
    }
}
