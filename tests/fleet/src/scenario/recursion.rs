//! Functions send each other messages in a circle; one alone sends them to itself.

use super::{Conditions, Effect, Kind, Param};

/// `recursion`: a share `rate` of the first function's invocations starts a loop through the functions
/// hit, in the fleet's order, which ends after `turns` messages or with the incident. The others start
/// none, for each turn sends what the functions send each other anyway, and that would have no end.
pub const KIND: Kind = Kind {
    name: "recursion",
    takes: &[
        Param::rate("rate", 0.05),
        Param::number("turns", Some(60.0), 1.0, 100_000.0),
    ],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            loop_rate: p.number("rate"),
            loop_turns: p.number("turns") as u32,
            ..Conditions::USUAL
        })
    },
};
