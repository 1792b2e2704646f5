//! A seeded simulator of serverless functions that speaks OTLP over the wire.
//!
//! The way of an invocation: `traffic` says when a request arrives, `sim` plays it on an instance
//! of `sandbox` under the conditions of `scenario`, the function's voice in `platforms` tells of it
//! in its own words, `otlp` batches what was said, `wire` sends it. `run` paces all that; `main`
//! alone reads the clock of the wall.

pub mod attack;
pub mod bill;
pub mod catalogue;
pub mod cli;
pub mod disorder;
pub mod function;
pub mod history;
pub mod invocation;
pub mod otlp;
pub mod platforms;
pub mod print;
pub mod random;
pub mod release;
pub mod run;
pub mod sandbox;
pub mod scenario;
pub mod sim;
pub mod text;
pub mod time;
pub mod traffic;
pub mod truth;
pub mod versions;
pub mod weather;
pub mod wire;
