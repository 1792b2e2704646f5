//! A map that forgets: bounded, with the least recently used half dropped at once.

use std::collections::HashMap;
use std::hash::Hash;

/// Keeps between `half` and `2 * half` of the most recently used entries.
///
/// Two generations instead of a linked list: a use moves an entry into the young one; when that is
/// full the old one is dropped whole. Every operation is O(1) and nothing is ever scanned.
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash + Clone, V> Recent<K, V> {
    /// An empty map for at most `2 * half` entries.
    pub(super) fn new(half: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            half,
        }
    }

    /// The value of `key`, which counts as a use.
    pub(super) fn get(&mut self, key: &K) -> Option<&mut V> {
        if let Some(value) = self.old.remove(key) {
            self.put(key.clone(), value);
        }
        self.young.get_mut(key)
    }

    /// Sets the value of `key`.
    pub(super) fn put(&mut self, key: K, value: V) {
        self.old.remove(&key);
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// Takes the value of `key` out.
    pub(super) fn take(&mut self, key: &K) -> Option<V> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Entries held now.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_two_halves_and_keeps_what_is_used() {
        let mut recent = Recent::new(10);
        recent.put(0, "kept");
        for key in 1..10_000 {
            recent.put(key, "passing");
            assert!(recent.len() <= 20);
            if key % 5 == 0 {
                assert_eq!(recent.get(&0).copied(), Some("kept"));
            }
        }
        assert!(recent.get(&1).is_none());
        assert_eq!(recent.take(&0), Some("kept"));
        assert!(recent.get(&0).is_none());
    }
}
