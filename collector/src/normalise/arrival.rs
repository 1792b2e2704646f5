//! When a request came, from whom, and whether for the first time.

use store::model::UnixNano;

/// What the normaliser is told of a request beside its bytes. A time alone is the first reading of a
/// request without a key.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The time of receipt.
    pub at: UnixNano,
    /// The sender: the hash of its key's name, 0 for none.
    pub key: u32,
    /// Whether its rows were made before: read back from the spool. What it overflows is not counted
    /// a second time.
    pub again: bool,
    /// Whether the collector made it of its own numbers: those have no limit, and what nobody limited
    /// must not be put together because senders without a key have too much.
    pub is_ours: bool,
}

impl From<UnixNano> for Arrival {
    fn from(at: UnixNano) -> Self {
        Self {
            at,
            key: 0,
            again: false,
            is_ours: false,
        }
    }
}
