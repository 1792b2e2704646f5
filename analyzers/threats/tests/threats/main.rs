//! Payload inspection from outside: what each class's grammar can say, what people write, and hostile input.

mod attacks;
mod cases;
mod development;
mod hostile;
mod quiet;
mod whole;

use threats::payload::{Inspection, Inspector, Place};

/// What is said of a value.
fn inspect(inspector: &Inspector, text: &str) -> Inspection {
    inspector.inspect(text.as_bytes(), Place::Value)
}
