//! Every instance keeps some memory of each invocation, until it is killed for it.

use super::{Conditions, Effect, Kind, Param};

/// `leak`: `mb_per_invocation` MiB, 0.01 to 1000.
pub const KIND: Kind = Kind {
    name: "leak",
    takes: &[Param::number("mb_per_invocation", Some(4.0), 0.01, 1_000.0)],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            leak_mb: p.number("mb_per_invocation"),
            ..Conditions::USUAL
        })
    },
};
