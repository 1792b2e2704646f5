//! What every page shares: reading the request, links, the frame around a page, tables as JSON and
//! CSV, errors as pages, static files, headers and compression.

pub(crate) mod assets;
pub(crate) mod compress;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod headers;
pub(crate) mod link;
pub(crate) mod render;
mod sent;
pub(crate) mod table;

pub(crate) use context::{Context, Format};
pub(crate) use error::PageError;
pub(crate) use frame::Phrase;
pub(crate) use render::Reply;
pub(crate) use sent::sent;
pub(crate) use table::{Cell, Table};
