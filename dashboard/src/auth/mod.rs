//! People's logins: one password, sessions kept here, attempts limited. Accounts and roles take
//! this module's place later; ingest keys live in the collector.

mod gate;
mod limiter;
mod password;
mod session;

pub(crate) use gate::{Gate, Login, Visitor, cookie, local_path};
pub(crate) use password::check_password_setting;
