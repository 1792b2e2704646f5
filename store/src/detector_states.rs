//! What detectors remember across restarts, in pieces of bytes that only they understand.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::model::UnixNano;
use crate::{Store, StoreError};

/// Most bytes of a piece: one request holds it whole.
pub const PIECE_BYTES_MAX: usize = 8 << 20;

/// A snapshot of a detector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The last minute that went into it, s since the epoch.
    pub seen_s: u32,
    /// Its pieces in order, each at most [`PIECE_BYTES_MAX`].
    pub pieces: Vec<Vec<u8>>,
}

#[derive(Row, Serialize, Deserialize)]
struct StateRow {
    detector: String,
    piece: u32,
    pieces: u32,
    seen_s: u32,
    saved_at: i64,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

/// Writes a snapshot in the place of the one before. Pieces are written one after another; a snapshot whose
/// pieces are not all of one minute is none ([`read`]).
///
/// # Errors
/// [`StoreError::Query`].
pub async fn write(
    store: &Store,
    detector: &str,
    snapshot: &Snapshot,
    now: UnixNano,
) -> Result<(), StoreError> {
    let failed = || StoreError::query(format!("saving what the detector {detector} remembers"));
    let pieces = u32::try_from(snapshot.pieces.len()).unwrap_or(u32::MAX);
    for (piece, bytes) in (0..).zip(&snapshot.pieces) {
        let row = StateRow {
            detector: detector.to_owned(),
            piece,
            pieces,
            seen_s: snapshot.seen_s,
            saved_at: now.as_millis(),
            bytes: bytes.clone(),
        };
        let client = store.client();
        let mut insert = client
            .insert::<StateRow>("detector_states")
            .await
            .map_err(failed())?;
        insert.write(&row).await.map_err(failed())?;
        insert.end().await.map_err(failed())?;
    }
    Ok(())
}

/// The newest whole snapshot of a detector.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn read(store: &Store, detector: &str) -> Result<Option<Snapshot>, StoreError> {
    let sql = "SELECT detector, piece, pieces, seen_s, saved_at, bytes FROM detector_states FINAL \
               WHERE detector = {detector:String} ORDER BY piece";
    let query = store.query(sql).param("detector", detector);
    let rows = query
        .fetch_all::<StateRow>()
        .await
        .map_err(StoreError::query(format!(
            "reading what the detector {detector} remembers"
        )))?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let (pieces, seen_s, saved_at) = (first.pieces, first.seen_s, first.saved_at);
    let mut snapshot = Snapshot {
        seen_s,
        pieces: Vec::new(),
    };
    // A snapshot of fewer pieces leaves the last ones of a longer one behind.
    for (row, piece) in rows.into_iter().zip(0..pieces) {
        if row.piece != piece || row.pieces != pieces || row.saved_at != saved_at {
            return Ok(None);
        }
        snapshot.pieces.push(row.bytes);
    }
    Ok((snapshot.pieces.len() == pieces as usize).then_some(snapshot))
}
