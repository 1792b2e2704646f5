//! A batch into ClickHouse, each row once, whatever happens on the way.
//!
//! The deduplication token lets a repeated insert store nothing twice, but it is not enough: ClickHouse
//! notes the token and moves the part into place one after the other, so a server killed in between
//! remembers an insert that is not there (and after a power cut forgets one that is). So each row of the
//! raw tables carries the id of its insert, and an insert of unknown outcome is looked for first.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use clickhouse::insert_formatted::InsertFormatted;
use clickhouse::{Client, Compression};
use tokio::sync::mpsc;

use super::batch::{Batch, INSERT_ID, Part};
use super::native::Out;
use crate::client::{Store, StoreError};
use crate::model::UnixNano;

/// A block is sent in pieces of this size.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces written ahead of the network.
const PIECES_AHEAD: usize = 4;
/// Tokens tried one after another where ClickHouse remembers an insert that is not there.
const TOKENS_MAX: u32 = 8;
/// Between machines the network is what is short: level 1 is as fast as it gets.
const ZSTD_LEVEL: i32 = 1;

/// Whether something of the same insert may be stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Nothing was sent under this token before.
    First,
    /// Something was, and nobody knows what became of it.
    Again,
}

/// A part that ClickHouse will never take as it is.
#[derive(Debug)]
pub struct Refused {
    /// Which.
    pub part: Part,
    /// ClickHouse's words.
    pub error: StoreError,
}

impl Store {
    /// Inserts the parts of the batch that `wanted` says. With the same `token` a repeated call stores
    /// nothing twice, so after an error the caller calls again, with [`Attempt::Again`]. Gives the parts
    /// that were refused for what is in them; all others are stored.
    ///
    /// # Errors
    /// A [`StoreError`] that passes by itself: the store is away or overloaded.
    pub async fn insert(
        &self,
        batch: &Arc<Batch>,
        token: &str,
        attempt: Attempt,
        wanted: impl Fn(&Part) -> bool + Send,
    ) -> Result<Vec<Refused>, StoreError> {
        let mut refused = Vec::new();
        for part in batch.parts().into_iter().filter(wanted) {
            let insert = Insert {
                store: self,
                batch,
                part,
                token: format!("{token}-{}-{}", part.table, part.day),
            };
            match insert.run(attempt).await {
                Ok(()) => {}
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => refused.push(Refused { part, error }),
            }
        }
        Ok(refused)
    }
}

/// One part on its way into its table.
struct Insert<'a> {
    store: &'a Store,
    batch: &'a Arc<Batch>,
    part: Part,
    token: String,
}

impl Insert<'_> {
    async fn run(&self, attempt: Attempt) -> Result<(), StoreError> {
        if attempt == Attempt::First || self.part.time_column().is_none() {
            return self.send(&self.token).await;
        }
        if self.is_stored().await? {
            return Ok(());
        }
        for number in 0..TOKENS_MAX {
            // The first time it is perhaps under way still; then ClickHouse takes one of the two.
            let token = match number {
                0 => self.token.clone(),
                _ => format!("{}-{number}", self.token),
            };
            self.send(&token).await?;
            if self.is_stored().await? {
                return Ok(());
            }
            tracing::warn!(
                table = self.part.table,
                token,
                "ClickHouse remembers an insert that is not there; inserting it under another token"
            );
            self.delete().await?;
        }
        // Said to be away: the spool keeps the rows, and all of this is tried again.
        let deed = format!(
            "inserting into {}: ClickHouse takes it and keeps nothing",
            self.part.table
        );
        Err(StoreError::query(deed)(clickhouse::error::Error::TimedOut))
    }

    /// What the rows carry.
    fn id(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(self.token.as_bytes())
    }

    async fn send(&self, token: &str) -> Result<(), StoreError> {
        // Where equal rows merge away, a remembered token could only lose some.
        let deduplicate = if self.part.time_column().is_some() {
            "1"
        } else {
            "0"
        };
        let request = self
            .client()
            .insert_formatted_with(self.batch.sql(&self.part))
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", deduplicate)
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1")
            .with_setting("insert_deduplication_token", token);
        let deed = format!("inserting into {}", self.part.table);
        self.stream(request).await.map_err(StoreError::query(deed))
    }

    fn client(&self) -> Client {
        let client = self.store.client().clone();
        if !self.store.compresses_inserts() {
            return client;
        }
        let client = client.with_compression(Compression::None); // of the library, in the body's place
        client.with_header("Content-Encoding", "zstd")
    }

    /// Writes the block on a thread that may be kept busy, a few pieces ahead of the network.
    async fn stream(&self, mut request: InsertFormatted) -> clickhouse::error::Result<()> {
        let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
        let (batch, part, id) = (Arc::clone(self.batch), self.part, self.id());
        let compresses = self.store.compresses_inserts();
        let writer = tokio::task::spawn_blocking(move || {
            let mut send = |piece: Vec<u8>| {
                // Nobody listens any more once sending has failed; what is left is written in vain.
                let _ = sender.blocking_send(piece);
            };
            match compresses {
                true => compressed(|out| batch.write(&part, id, out), &mut send),
                false => {
                    plain(|out| batch.write(&part, id, out), &mut send);
                    Ok(())
                }
            }
        });
        while let Some(piece) = pieces.recv().await {
            request.send(Bytes::from(piece)).await?;
        }
        // A block cut short must not look like a whole one: without `end` the request is aborted.
        let whole = writer.await;
        let whole = whole.map_err(|error| clickhouse::error::Error::Custom(error.to_string()))?;
        whole.map_err(|error| clickhouse::error::Error::Compression(error.into()))?;
        request.end().await
    }

    async fn is_stored(&self) -> Result<bool, StoreError> {
        let (found, rows) = (self.count().await?, self.part.rows as u64);
        if found != 0 && found != rows {
            let (table, token) = (self.part.table, &self.token);
            tracing::warn!(table, token, found, rows, "an insert is there in part");
        }
        Ok(found == rows)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let Part { table, .. } = self.part;
        let sql = format!("SELECT count() FROM {table} WHERE {}", self.own_rows());
        let query = self.store.query(&sql).param("id", self.id());
        query
            .fetch_one::<u64>()
            .await
            .map_err(StoreError::query(format!(
                "looking for an insert in {table}"
            )))
    }

    async fn delete(&self) -> Result<(), StoreError> {
        let Part { table, .. } = self.part;
        let sql = format!("DELETE FROM {table} WHERE {}", self.own_rows());
        let query = self.store.query(&sql).param("id", self.id());
        query.execute().await.map_err(StoreError::query(format!(
            "undoing half an insert into {table}"
        )))
    }

    /// The rows of this insert; their day lets ClickHouse skip all others.
    fn own_rows(&self) -> String {
        let column = self.part.time_column().unwrap_or_default();
        let from = UnixNano::start_of_day(self.part.day).0;
        let to = UnixNano::start_of_day(self.part.day + 1).0;
        format!(
            "{INSERT_ID} = {{id:UInt64}} AND {column} >= fromUnixTimestamp64Nano(toInt64({from})) \
             AND {column} < fromUnixTimestamp64Nano(toInt64({to}))"
        )
    }
}

fn plain(write: impl FnOnce(&mut Out<'_>), send: &mut dyn FnMut(Vec<u8>)) {
    let mut out = Out::new(PIECE_BYTES, send);
    write(&mut out);
    out.finish();
}

/// The same as one zstd frame, in pieces.
fn compressed(
    write: impl FnOnce(&mut Out<'_>),
    send: &mut dyn FnMut(Vec<u8>),
) -> std::io::Result<()> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    let mut outcome = Ok(());
    let mut pack = |piece: Vec<u8>| {
        if outcome.is_ok() {
            outcome = encoder.write_all(&piece);
        }
        if encoder.get_ref().len() >= PIECE_BYTES {
            send(std::mem::take(encoder.get_mut()));
        }
    };
    plain(write, &mut pack);
    outcome?;
    send(encoder.finish()?);
    Ok(())
}

impl Store {
    /// Parts of the fullest partition of any table here: ClickHouse delays inserts at 1,000 and refuses
    /// them at 3,000.
    ///
    /// # Errors
    /// [`StoreError::Query`] when ClickHouse does not answer.
    pub async fn parts_max(&self) -> Result<u64, StoreError> {
        let sql = "SELECT max(parts) FROM (SELECT count() AS parts FROM system.parts \
                   WHERE active AND database = currentDatabase() GROUP BY table, partition)";
        let query = self.query(sql);
        query
            .fetch_one::<u64>()
            .await
            .map_err(StoreError::query("counting parts"))
    }
}
