//! What each function's telemetry lets be seen, kept where pages find it: a small snapshot beside the
//! stream's own.

use serde::{Deserialize, Serialize};
use store::detector_states::{self, PIECE_BYTES_MAX, Snapshot};
use store::model::UnixNano;
use store::{Store, StoreError};
use threats::stream::sight::{Sight, Sights};

use super::names::Names;

/// The name that the snapshot is kept under.
pub(super) const NAME: &str = "threat_sights";

/// A function, and what is seen of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FunctionSight {
    /// Its id, or empty where it is known by a name alone.
    pub function_id: String,
    /// Its name.
    pub name: String,
    /// What came.
    pub sight: Sight,
}

/// What is known now, to be saved.
pub(super) fn snapshot(sights: &Sights, names: &Names, now: UnixNano) -> Snapshot {
    let of = |(name, sight): (&str, &Sight)| FunctionSight {
        function_id: names.id(name).cloned().unwrap_or_default(),
        name: name.to_owned(),
        sight: sight.clone(),
    };
    let all: Vec<FunctionSight> = sights.iter().map(of).collect();
    let bytes = postcard::to_allocvec(&all).unwrap_or_default();
    Snapshot {
        seen_s: u32::try_from(now.as_secs()).unwrap_or_default(),
        pieces: bytes.chunks(PIECE_BYTES_MAX).map(<[u8]>::to_vec).collect(),
    }
}

/// What was saved last, by name; empty if nothing was, or another release did.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn read(store: &Store) -> Result<Vec<FunctionSight>, StoreError> {
    let saved = detector_states::read(store, NAME).await?;
    let all = saved.and_then(|saved| postcard::from_bytes(&saved.pieces.concat()).ok());
    let mut all: Vec<FunctionSight> = all.unwrap_or_default();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}
