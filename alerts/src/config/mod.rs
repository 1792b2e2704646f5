//! Alertmanager's configuration file, whole: read, checked and told of with line and column.

mod duration;
mod secret;

pub use duration::Duration;
pub use secret::Secret;
