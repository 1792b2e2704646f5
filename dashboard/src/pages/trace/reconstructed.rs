//! Invocations of a trace that only the platform tells of.

use serde::Serialize;
use store::model::FunctionId;
use store::read::trace::TraceInvocation;

use super::Known;
use crate::format;
use crate::parts::badge::platform_name;
use crate::web::Context;
use crate::web::link::function_path;

#[derive(Serialize)]
pub(super) struct ReconstructedView {
    at: String,
    function: String,
    function_href: String,
    platform: String,
    status: String,
    failed: bool,
    duration: String,
    billed: String,
    memory: String,
    invocation: String,
}

/// Those without a span among the spans of the trace.
pub(super) fn view(ctx: &Context, known: &Known) -> Vec<ReconstructedView> {
    let silent = known.invocations.iter().filter(|i| i.synthesised);
    silent.map(|invocation| row(ctx, invocation)).collect()
}

fn row(ctx: &Context, invocation: &TraceInvocation) -> ReconstructedView {
    let function = invocation.function_id.parse::<FunctionId>().ok();
    let provider = function.as_ref().map_or("", |id| id.provider.as_str());
    let told = [
        invocation.status.replace('_', " "),
        invocation.error_type.clone(),
    ];
    ReconstructedView {
        at: ctx
            .range
            .clock
            .exact(invocation.start_ns.div_euclid(1_000_000)),
        platform: platform_name(&invocation.platform, provider),
        function: function
            .as_ref()
            .map_or(String::new(), |id| format::bounded(&id.name, 60)),
        function_href: ctx.link(&function_path(&invocation.function_id), &[]),
        status: format::bounded(told.join(" ").trim(), 80),
        failed: matches!(
            invocation.status.as_str(),
            "error" | "timeout" | "out_of_memory"
        ),
        duration: format::maybe_duration_ms(invocation.duration_ms),
        billed: format::maybe_duration_ms(invocation.billed_duration_ms),
        memory: match (invocation.memory_used_mb, invocation.memory_size_mb) {
            (Some(used), Some(size)) => {
                format!("{} of {}", format::memory_mb(used), format::memory_mb(size))
            }
            (Some(mb), None) | (None, Some(mb)) => format::memory_mb(mb),
            (None, None) => String::new(),
        },
        invocation: format::bounded(&invocation.invocation_id, 80),
    }
}
