//! A new version goes into service; with `for`, it is rolled back afterwards.

use super::{Effect, Form, Kind, Param, Params};
use crate::function::{Arch, Runtime};
use crate::release::{Quality, Rebuild, Release};

/// `deploy`: `version` (its label), how it does beside the version before, and what it is built of.
pub const KIND: Kind = Kind {
    name: "deploy",
    takes: &[
        text("version"),
        Param::factor("init_factor", 1.0),
        Param::factor("duration_factor", 1.0),
        Param::factor("memory_factor", 1.0),
        Param::factor("life_factor", 1.0),
        Param::rate("error_rate", 0.0),
        Param::rate("timeout_rate", 0.0),
        // 0: as before.
        Param::number("memory_mb", Some(0.0), 0.0, 32_768.0),
        Param {
            name: "runtime",
            form: Form::OneOf(&Runtime::NAMES),
        },
        Param {
            name: "arch",
            form: Form::OneOf(&Arch::NAMES),
        },
        text("region"),
    ],
    may_last: true,
    effect: |p| {
        Effect::Deploy(Release {
            label: p.text("version").map(str::to_owned),
            quality: Quality {
                init_factor: p.number("init_factor"),
                duration_factor: p.number("duration_factor"),
                memory_factor: p.number("memory_factor"),
                life_factor: p.number("life_factor"),
                error_rate: p.number("error_rate"),
                timeout_rate: p.number("timeout_rate"),
            },
            rebuild: rebuild(p),
        })
    },
};

const fn text(name: &'static str) -> Param {
    Param {
        name,
        form: Form::Text,
    }
}

fn rebuild(p: &Params) -> Rebuild {
    let memory_mb = p.number("memory_mb") as u32;
    Rebuild {
        memory_mb: (memory_mb > 0).then_some(memory_mb),
        runtime: p.text("runtime").and_then(Runtime::named),
        arch: p.text("arch").and_then(Arch::named),
        region: p.text("region").map(str::to_owned),
    }
}
