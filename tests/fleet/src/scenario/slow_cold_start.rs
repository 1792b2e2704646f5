//! Cold starts take longer, without a deploy to explain it.

use super::{Conditions, Effect, Kind, Param};

/// `slow_cold_start`: `factor` on cold starts.
pub const KIND: Kind = Kind {
    name: "slow_cold_start",
    takes: &[Param::factor("factor", 2.0)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            init: p.number("factor"),
            ..Conditions::USUAL
        })
    },
};
