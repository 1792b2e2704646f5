//! The function hangs until its timeout.

use super::{Conditions, Effect, Kind, Param};

/// `timeouts`: a share `rate` of the invocations hangs.
pub const KIND: Kind = Kind {
    name: "timeouts",
    takes: &[Param::rate("rate", 0.2)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            timeout_rate: p.number("rate"),
            ..Conditions::USUAL
        })
    },
};
