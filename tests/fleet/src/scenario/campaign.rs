//! A peak that comes again: a sale every Friday, a batch every Sunday night. Nothing to be found.

use super::{Conditions, Effect, Kind, Param};
use crate::time::DAY;

/// `campaign`: `factor` on the function's own arrivals, again after `every_days` (1 to 31).
pub const KIND: Kind = Kind {
    name: "campaign",
    takes: &[
        Param::factor("factor", 4.0),
        Param::number("every_days", Some(7.0), 1.0, 31.0),
    ],
    may_last: false,
    effect: |p| Effect::Again {
        every: (p.number("every_days") * DAY as f64) as u64,
        conditions: Conditions {
            traffic: p.number("factor"),
            ..Conditions::USUAL
        },
    },
};
