//! OpenSLO v1: all seven kinds, read from YAML or JSON with the place of each fault, and written again
//! without loss. Unknown fields and versions are faults; so is what Nephoscope cannot do, by its name.

pub mod any;
mod decode;
mod duration;
mod library;
mod node;
mod number;
mod read;
mod resolve;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod write;

pub use duration::{Duration, Unit};
pub use library::Library;
pub use number::Number;
pub use read::{OBJECTS_MAX, OpenSloError, TEXT_BYTES_MAX};
pub use resolve::{Alert, Resolved, Unresolved};
pub use shape::*;
pub use write::write;
