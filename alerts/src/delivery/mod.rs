//! Getting a message there: signed, tried again for days, and written down.

pub mod retry;
pub mod signature;
