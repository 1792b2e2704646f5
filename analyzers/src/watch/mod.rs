//! The watch.
pub mod drive;
pub mod rows;
