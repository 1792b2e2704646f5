//! Who sends: an ingest key, by its number in memory and by a hash of its name on disk.

use crate::config::Key;

/// A sender: the requests of one ingest key, or all that come without one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sender {
    number: u32,
    hash: u32,
}

impl Sender {
    /// Whoever sends where no key is asked for, or whose key is not known.
    pub(crate) const ANYONE: Self = Self { number: 0, hash: 0 };

    /// The key at `index` of the configuration.
    pub(crate) fn of_key(index: usize, name: &str) -> Self {
        Self {
            number: u32::try_from(index).map_or(u32::MAX, |index| index.saturating_add(1)),
            hash: hash(name),
        }
    }

    /// Its number: 0 for [`Self::ANYONE`], then the keys in the order of the configuration.
    pub(crate) const fn index(self) -> usize {
        self.number as usize
    }

    /// What the spool and the cardinality guard know it by; 0 for [`Self::ANYONE`]. Stays the same
    /// when keys are added or put in another order.
    pub(crate) const fn hash(self) -> u32 {
        self.hash
    }

    /// Every sender of a configuration, [`Self::ANYONE`] first.
    pub(crate) fn all(keys: &[Key]) -> Vec<Self> {
        let named = keys.iter().enumerate();
        std::iter::once(Self::ANYONE)
            .chain(named.map(|(index, key)| Self::of_key(index, &key.name)))
            .collect()
    }
}

/// 32 bits of a name's hash, never 0. Two keys of one configuration that share it, one in four
/// billion, would share their limits of cardinality and nothing else.
fn hash(name: &str) -> u32 {
    let hash = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
    ((hash >> 32) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_s_hash_is_fixed_for_it_lies_on_disks() {
        assert_eq!(Sender::of_key(0, "shop-functions").hash(), 0x9b8d_ec47);
        assert_eq!(Sender::ANYONE.hash(), 0);
        assert_eq!(Sender::of_key(3, "x").hash(), Sender::of_key(0, "x").hash());
    }
}
