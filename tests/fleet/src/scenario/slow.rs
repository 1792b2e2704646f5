//! The function's own work takes longer.

use super::{Conditions, Effect, Kind, Param};

/// `slow`: `factor` on the function's own time, not on that of the functions it calls.
pub const KIND: Kind = Kind {
    name: "slow",
    takes: &[Param::factor("factor", 3.0)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            duration: p.number("factor"),
            ..Conditions::USUAL
        })
    },
};
