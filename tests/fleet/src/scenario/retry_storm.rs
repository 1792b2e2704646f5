//! The function fails and whoever called tries again at once, which multiplies the load.

use super::{Conditions, Effect, Kind, Param};

/// `retry_storm`: a share `rate` fails, each failed one is tried again up to `retries` times.
pub const KIND: Kind = Kind {
    name: "retry_storm",
    takes: &[
        Param::rate("rate", 0.6),
        Param::number("retries", Some(4.0), 1.0, 20.0),
    ],
    may_last: false,
    effect: |p| {
        Effect::While(Conditions {
            error_rate: p.number("rate"),
            retries: p.number("retries") as u32,
            ..Conditions::USUAL
        })
    },
};
