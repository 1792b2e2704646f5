//! Deploys as columns.

use super::native::{Fixed, LowCardinality, Text, table};
use crate::model::Deploy;

table! {
    /// Columns of `deploys`.
    Deploys = "deploys" {
        function_id: LowCardinality = "function_id" "LowCardinality(String)",
        version: Text = "version" "String",
        at: Fixed<i64> = "at" "DateTime64(3)",
        source: LowCardinality = "source" "LowCardinality(String)",
    }
}

impl Deploys {
    pub(super) fn push(&mut self, deploy: &Deploy) {
        self.function_id.push(&deploy.function_id);
        self.version.push(&deploy.version);
        self.at.push(deploy.at.as_millis());
        self.source.push(deploy.source.as_str());
        self.rows += 1;
    }

    fn sorted(&self) -> Option<Vec<u32>> {
        None // a handful of rows
    }
}
