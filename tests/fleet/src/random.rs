//! Random numbers that are the same on every run: a named stream per thing that needs chance.
//!
//! Every function, invocation and minute of traffic seeds its own stream from its name, so
//! that adding a function, or asking one thing for one more number, changes nothing elsewhere.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng as _, SeedableRng as _};

/// One stream of random numbers. The same names always give the same numbers.
pub struct Random(Xoshiro256PlusPlus);

/// Mixes a number into a hash (the finaliser of splitmix64 over a xor with the golden ratio).
pub fn mix(hash: u64, value: u64) -> u64 {
    let mut z = hash.rotate_left(25) ^ value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hashes a text to 64 bits; unlike the standard library's hasher, the same in every release.
pub fn hash_text(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    });
    mix(fnv, text.len() as u64)
}

impl Random {
    /// The stream of `seed`, the thing's `name`, the `purpose` and a running `number`.
    pub fn named(seed: u64, name: u64, purpose: &str, number: u64) -> Self {
        let hash = mix(mix(mix(seed, name), hash_text(purpose)), number);
        Self(Xoshiro256PlusPlus::seed_from_u64(hash))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A number in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number in 0..n; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// True with probability `p`; always draws, so that a stream does not depend on `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of the items, or nothing of an empty list.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// A standard normal number (Box and Muller; the second number is thrown away for simplicity).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A lognormal number with this median and this sigma of its logarithm.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// A Poisson count with this mean; means above 50 use the normal approximation.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let limit = (-mean).exp();
        let (mut product, mut count) = (self.unit(), 0);
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// `N` random bytes, never all zero (OTLP forbids all-zero ids).
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0u8; N];
        for chunk in out.chunks_mut(8) {
            let word = self.bits().to_le_bytes();
            let length = chunk.len();
            chunk.copy_from_slice(&word[..length]);
        }
        if out.iter().all(|b| *b == 0) {
            out[0] = 1;
        }
        out
    }

    /// `digits` lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        self.letters(b"0123456789abcdef", digits)
    }

    /// `length` characters out of an ASCII alphabet.
    pub fn letters(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .filter_map(|_| self.pick(alphabet).map(|b| char::from(*b)))
            .collect()
    }

    /// A version 4 UUID in lower case.
    pub fn uuid(&mut self) -> String {
        let mut b: [u8; 16] = self.bytes();
        b[6] = 0x40 | (b[6] & 0x0f);
        b[8] = 0x80 | (b[8] & 0x3f);
        let hex = to_hex(&b);
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }
}

/// Bytes as lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(number: u64) -> Random {
        Random::named(7, hash_text("checkout"), "test", number)
    }

    #[test]
    fn streams_are_named_and_repeatable() {
        assert_eq!(stream(1).bits(), stream(1).bits());
        assert_ne!(stream(1).bits(), stream(2).bits());
        // A literal, so that a change of the generator cannot pass unnoticed: recorded ground
        // truth and benchmark numbers would silently stop being comparable.
        assert_eq!(hash_text("checkout"), 5_159_115_794_751_869_082);
        assert_eq!(stream(1).bits(), 405_723_237_376_489_241);
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut r = stream(3);
        let n = 20_000;
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let small = mean((0..n).map(|_| r.poisson(2.5) as f64).collect());
        assert!((small - 2.5).abs() < 0.05, "{small}");
        let large = mean((0..n).map(|_| r.poisson(90.0) as f64).collect());
        assert!((large - 90.0).abs() < 0.5, "{large}");
        let mut logs: Vec<f64> = (0..n).map(|_| r.lognormal(180.0, 0.3)).collect();
        logs.sort_by(f64::total_cmp);
        assert!((logs[n / 2] - 180.0).abs() < 3.0, "median {}", logs[n / 2]);
        assert_eq!(r.poisson(0.0), 0);
        assert_eq!(r.below(0), 0);
    }

    #[test]
    fn ids_have_their_form() {
        let id = stream(4).uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert_eq!(to_hex(&[0, 255, 16]), "00ff10");
    }
}
