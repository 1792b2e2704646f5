//! Messages and records wait longer and longer: whoever reads them cannot keep up.

use super::{Effect, Growth, Kind, Param};

/// `lag`: messages come later by `s_per_hour` more each hour (600).
pub const KIND: Kind = Kind {
    name: "lag",
    takes: &[Param::number("s_per_hour", Some(600.0), 1.0, 36_000.0)],
    may_last: false,
    effect: |p| {
        Effect::Growing(Growth {
            lag_s: p.number("s_per_hour"),
            ..Growth::NONE
        })
    },
};
