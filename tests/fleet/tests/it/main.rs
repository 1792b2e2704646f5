//! The fleet from outside: what it says, what is true, what arrives over the wire.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers may panic as its body may"
)]

mod determinism;
mod history;
mod json;
mod quirks;
mod receiver;
mod said;
mod truth;
mod wire;
