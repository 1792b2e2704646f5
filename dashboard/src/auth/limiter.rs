//! How often somebody may try a password.

use std::collections::HashMap;
use std::net::IpAddr;

use store::model::UnixNano;

/// Attempts an address has at once.
const BURST: f64 = 8.0;
/// A new attempt every this many seconds.
const REFILL_S: f64 = 8.0;
/// Addresses remembered: 4,096 of about 64 B are 256 kB.
const MAX_ADDRESSES: usize = 4_096;

/// Buckets of attempts by address. IPv6 counts by /64, since one machine owns a whole one.
#[derive(Debug, Default)]
pub struct Limiter {
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: UnixNano,
}

impl Limiter {
    /// Takes one attempt, or says how many seconds to wait for the next.
    ///
    /// # Errors
    /// Seconds until the next attempt, at least 1.
    pub fn take(&mut self, address: IpAddr, now: UnixNano) -> Result<(), u64> {
        let key = network(address);
        if self.buckets.len() >= MAX_ADDRESSES && !self.buckets.contains_key(&key) {
            self.buckets.retain(|_, bucket| bucket.filled(now) < BURST);
            // Still full: somebody has thousands of addresses. Everybody new waits.
            if self.buckets.len() >= MAX_ADDRESSES {
                return Err(REFILL_S as u64);
            }
        }
        let bucket = self.buckets.entry(key).or_insert(Bucket {
            left: BURST,
            at: now,
        });
        bucket.left = bucket.filled(now);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - bucket.left) * REFILL_S).ceil().max(1.0) as u64)
    }

    /// Forgets the attempts of an address that knew the password.
    pub fn forget(&mut self, address: IpAddr) {
        self.buckets.remove(&network(address));
    }
}

impl Bucket {
    fn filled(&self, now: UnixNano) -> f64 {
        let seconds = now.0.saturating_sub(self.at.0).max(0) as f64 / 1e9;
        (self.left + seconds / REFILL_S).min(BURST)
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixNano {
        UnixNano::from_secs(seconds)
    }

    #[test]
    fn after_a_burst_attempts_come_back_slowly() {
        let mut limiter = Limiter::default();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..8 {
            assert_eq!(limiter.take(address, at(0)), Ok(()));
        }
        assert_eq!(limiter.take(address, at(0)), Err(8));
        assert_eq!(limiter.take(address, at(5)), Err(3));
        assert_eq!(limiter.take(address, at(9)), Ok(()));
        limiter.forget(address);
        assert_eq!(limiter.take(address, at(9)), Ok(()));
    }

    #[test]
    fn one_machine_with_many_ipv6_addresses_is_one() {
        let mut limiter = Limiter::default();
        for i in 0..8_u16 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, i]);
            assert_eq!(limiter.take(address, at(0)), Ok(()));
        }
        assert!(
            limiter
                .take("2001:db8:0:1::9".parse().unwrap(), at(0))
                .is_err()
        );
        assert!(
            limiter
                .take("2001:db8:0:2::9".parse().unwrap(), at(0))
                .is_ok()
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut limiter = Limiter::default();
        for i in 0..5_000_u32 {
            let _ = limiter.take(IpAddr::from(i.to_be_bytes()), at(0));
        }
        assert!(limiter.buckets.len() <= MAX_ADDRESSES);
        // A minute later the old ones are full again and make room.
        assert_eq!(
            limiter.take("198.51.100.1".parse().unwrap(), at(60)),
            Ok(())
        );
    }
}
