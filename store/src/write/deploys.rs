//! Tellings of deploys as columns.

use std::sync::Arc;

use super::native::{Fixed, LowCardinality, Text, table};
use super::{Attempt, Batch};
use crate::model::{Deploy, UnixNano};
use crate::{Store, StoreError};

table! {
    /// Columns of `deploy_tellings`.
    Deploys = "deploy_tellings" {
        function_id: LowCardinality = "function_id" "LowCardinality(String)",
        at: Fixed<i64> = "at" "DateTime64(3)",
        version: Text = "version" "String",
        source: LowCardinality = "source" "LowCardinality(String)",
        who: Text = "who" "String",
        commit: Text = "commit" "String",
        url: Text = "url" "String",
        note: Text = "note" "String",
        changes: Text = "changes" "String",
    }
}

impl Deploys {
    pub(super) fn push(&mut self, deploy: &Deploy) {
        let words = &deploy.words;
        self.function_id.push(&deploy.function_id);
        self.at.push(deploy.at.as_millis());
        self.version.push(&deploy.version);
        self.source.push(deploy.source.as_str());
        self.who.push(&words.who);
        self.commit.push(&words.commit);
        self.url.push(&words.url);
        self.note.push(&words.note);
        self.changes.push(&words.changes_json());
        self.rows += 1;
    }

    fn sorted(&self) -> Option<Vec<u32>> {
        None // a handful of rows
    }
}

impl Store {
    /// Keeps what was told of deploys, durably: telling the same again, even at once, changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then nothing or all of it may be kept, and the caller tells it again.
    pub async fn tell_deploys(&self, told: Vec<Deploy>, now: UnixNano) -> Result<(), StoreError> {
        if told.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        told.into_iter()
            .for_each(|deploy| batch.deploy(&deploy.bounded()));
        let (batch, token) = (Arc::new(batch), format!("deploys-{}", now.0));
        let refused = self.insert(&batch, &token, Attempt::First, |_| true);
        refused
            .await?
            .pop()
            .map_or(Ok(()), |refused| Err(refused.error))
    }
}
