//! The function throws more often.

use super::{Conditions, Effect, Kind, Param};

/// `errors`: a share `rate` of the invocations throws, on top of the usual ones.
pub const KIND: Kind = Kind {
    name: "errors",
    takes: &[Param::rate("rate", 0.3)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            error_rate: p.number("rate"),
            ..Conditions::USUAL
        })
    },
};
