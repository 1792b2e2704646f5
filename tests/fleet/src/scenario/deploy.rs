//! A new version goes into service; with `for`, it is rolled back afterwards.

use super::{Effect, Form, Kind, Param, Release};

/// `deploy`: `version` (its label), `init_factor`, `duration_factor` and `error_rate` of it.
pub const KIND: Kind = Kind {
    name: "deploy",
    takes: &[
        Param {
            name: "version",
            form: Form::Text,
        },
        Param::factor("init_factor", 1.0),
        Param::factor("duration_factor", 1.0),
        Param::rate("error_rate", 0.0),
    ],
    may_last: true,
    effect: |p| {
        Effect::Deploy(Release {
            label: p.text("version").map(str::to_owned),
            init_factor: p.number("init_factor"),
            duration_factor: p.number("duration_factor"),
            error_rate: p.number("error_rate"),
        })
    },
};
