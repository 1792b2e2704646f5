//! Every instance keeps some memory of each invocation, until it is killed for it.

use super::{Conditions, Effect, Form, Kind, Param};

/// `leak`: `mb_per_invocation` MiB, 0.01 to 1000.
pub const KIND: Kind = Kind {
    name: "leak",
    takes: &[Param {
        name: "mb_per_invocation",
        form: Form::Number {
            default: Some(4.0),
            least: 0.01,
            most: 1_000.0,
        },
    }],
    may_last: false,
    effect: |p| {
        let leak_mb = p.number("mb_per_invocation");
        Effect::While(Conditions {
            leak_mb,
            ..Conditions::USUAL
        })
    },
};
