//! The platform turns requests away before they run: a limit of concurrency is reached.

use super::{Conditions, Effect, Kind, Param};

/// `throttles`: a share `rate` is turned away; people go away, messages come again.
pub const KIND: Kind = Kind {
    name: "throttles",
    takes: &[Param::rate("rate", 0.25)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            throttle_rate: p.number("rate"),
            ..Conditions::USUAL
        })
    },
};
