//! The function serves nobody: no telemetry at all, callers see 503, messages wait.

use super::{Conditions, Effect, Kind};

/// `stop`: takes no keys.
pub const KIND: Kind = Kind {
    name: "stop",
    takes: &[],
    may_last: false,
    effect: |_| {
        Effect::While(Conditions {
            stopped: true,
            ..Conditions::USUAL
        })
    },
};
