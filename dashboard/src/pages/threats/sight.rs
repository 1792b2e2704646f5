//! What each function's telemetry lets be seen, and how to have it show more.

use analyzers::threat_watch::FunctionSight;
use serde::Serialize;
use serde_json::{Value, json};
use threats::stream::sight::Aspect;

use crate::format;
use crate::web::Context;
use crate::web::link::function_path;

/// Functions of the page; the JSON has all.
const ROWS_MAX: usize = 50;

/// A function's row.
#[derive(Serialize)]
pub(super) struct SightView {
    name: String,
    href: String,
    /// `70 %`
    share: String,
    /// `14 of 20`
    counted: String,
    /// `headers, bodies`
    hidden: String,
    /// Attacks that would not show.
    missed: Vec<&'static str>,
    advice: Vec<String>,
}

/// The functions of which least is seen first.
pub(super) fn view(ctx: &Context, sights: &mut [FunctionSight]) -> Vec<SightView> {
    let share = |one: &FunctionSight| {
        let (visible, _, all) = one.sight.attacks();
        visible as f64 / all.max(1) as f64
    };
    sights.sort_by(|one, other| share(one).total_cmp(&share(other)));
    sights
        .iter()
        .take(ROWS_MAX)
        .map(|one| row(ctx, one))
        .collect()
}

fn row(ctx: &Context, one: &FunctionSight) -> SightView {
    let (visible, missed, all) = one.sight.attacks();
    let hidden: Vec<&str> = one.sight.hidden().into_iter().map(Aspect::name).collect();
    SightView {
        name: format::bounded(&one.name, 100),
        href: match one.function_id.is_empty() {
            true => String::new(),
            false => ctx.link(&function_path(&one.function_id), &[]),
        },
        share: format::share(visible as u64, all as u64),
        counted: format!("{visible} of {all}"),
        hidden: hidden.join(", "),
        missed,
        advice: one.sight.advice(),
    }
}

/// All of it, for programs.
pub(super) fn json(sights: &[FunctionSight]) -> Value {
    let each = sights.iter().map(|one| {
        let (visible, missed, all) = one.sight.attacks();
        let names =
            |aspects: Vec<Aspect>| -> Vec<&str> { aspects.into_iter().map(Aspect::name).collect() };
        let shown = Aspect::ALL.into_iter();
        let shown = shown.filter(|aspect| one.sight.shows(*aspect)).collect();
        json!({
            "function_id": one.function_id, "function": one.name, "language": one.sight.language,
            "captured": names(shown), "not_captured": names(one.sight.hidden()),
            "attacks_visible": visible, "attacks": all, "attacks_not_visible": missed,
            "how_to_show_more": one.sight.advice(),
        })
    });
    each.collect()
}
