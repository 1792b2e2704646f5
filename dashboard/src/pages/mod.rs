//! One page per file: ask the store, turn rows into finished text, name the template.

pub(crate) mod advice;
pub(crate) mod alerts;
pub(crate) mod compare;
pub(crate) mod connect;
pub(crate) mod costs;
pub(crate) mod deploys;
pub(crate) mod dora;
pub(crate) mod findings;
pub(crate) mod fleet;
pub(crate) mod function;
pub(crate) mod functions;
pub(crate) mod incidents;
pub(crate) mod ingest;
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod ops;
pub(crate) mod overview;
pub(crate) mod series;
pub(crate) mod slos;
pub(crate) mod threats;
pub(crate) mod trace;
pub(crate) mod traces;
pub(crate) mod verdict;

use std::pin::Pin;

use crate::web::{PageError, Reply};

/// What a page answers, some time soon.
pub(crate) type PageFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Reply, PageError>> + Send + 'a>>;
