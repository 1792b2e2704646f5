//! The platform starts everybody's instances more slowly: meant for many functions at once.

use super::{Conditions, Effect, Kind, Param};

/// `platform_shift`: `factor` on cold starts.
pub const KIND: Kind = Kind {
    name: "platform_shift",
    takes: &[Param::factor("factor", 1.25)],
    may_last: true,
    effect: |p| {
        Effect::While(Conditions {
            init: p.number("factor"),
            ..Conditions::USUAL
        })
    },
};
