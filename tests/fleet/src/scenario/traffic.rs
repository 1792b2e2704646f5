//! More or fewer requests arrive from outside.

use super::{Conditions, Effect, Kind, Param};

/// `traffic`: `factor` on the function's own arrivals (below 1: fewer).
pub const KIND: Kind = Kind {
    name: "traffic",
    takes: &[Param::factor("factor", 4.0)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            traffic: p.number("factor"),
            ..Conditions::USUAL
        })
    },
};
