//! The function needs more memory than it has.

use super::{Conditions, Effect, Kind, Param};

/// `out_of_memory`: a share `rate` of the invocations is killed for its memory.
pub const KIND: Kind = Kind {
    name: "out_of_memory",
    takes: &[Param::rate("rate", 0.05)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            oom_rate: p.number("rate"),
            ..Conditions::USUAL
        })
    },
};
