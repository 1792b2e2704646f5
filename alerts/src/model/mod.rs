//! The nouns of alerting: what is wrong ([`Alert`]) and what is told of it ([`Notification`]).

mod alert;
mod labels;
mod notification;
mod quote;
pub mod time;

pub use alert::{ALERT_BYTES_MAX, Alert, Fault, Fingerprint, Status};
pub use labels::Labels;
pub use notification::{Integration, Notification, NotifiedAlert, Reason};
pub use quote::quoted;
