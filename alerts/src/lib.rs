//! From findings to people: mute, group, decide, send, remember.
//!
//! Everything that decides is pure: it takes values and `now` and returns values with their reasons.
//! The nouns that all parts share are in [`model`].

pub mod api;
pub mod config;
pub mod delivery;
pub mod dispatch;
pub mod egress;
pub mod explain;
pub mod findings;
pub mod history;
pub mod incidents;
pub mod inhibit;
pub mod intervals;
pub mod journal;
pub mod matchers;
pub mod model;
pub mod notify;
pub mod route;
pub mod run;
pub mod runbooks;
pub mod silences;
pub mod template;
