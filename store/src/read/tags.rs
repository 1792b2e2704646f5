//! Allocation tags: by what costs can be split.

use clickhouse::Row;
use serde::Deserialize;

use super::{all, ask};
use crate::{Store, StoreError};

/// A resource attribute that functions carry.
#[derive(Clone, Debug, Row, Deserialize, PartialEq, Eq)]
pub struct TagKey {
    /// `service.namespace`, `team`, …
    pub key: String,
    /// Functions that carry it.
    pub functions: u64,
    /// Different values.
    pub values: u64,
}

/// A function's value of one attribute.
#[derive(Clone, Debug, Row, Deserialize, PartialEq, Eq)]
pub struct Tag {
    /// Text form of the function id.
    pub function_id: String,
    /// The value seen last.
    pub value: String,
}

/// All attributes to split by, those of most functions first, at most 500.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn keys(store: &Store) -> Result<Vec<TagKey>, StoreError> {
    let query = ask(store, include_str!("tag_keys.sql"));
    all(query, "listing the tags of functions").await
}

/// Each function's newest value of one attribute; functions without it have no row.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_key(store: &Store, key: &str) -> Result<Vec<Tag>, StoreError> {
    let query = ask(store, include_str!("tags.sql")).param("key", key);
    all(query, "reading a tag of all functions").await
}
