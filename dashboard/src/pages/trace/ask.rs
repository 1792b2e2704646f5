//! Everything that is stored of a trace.

use std::collections::HashMap;

use store::model::{UnixNano, xray};
use store::read::Window;
use store::read::trace::{self, MAX_SPANS, TraceSpan};

use super::{COLOURS, Known, hops};
use crate::web::{Context, PageError};

/// What is stored under a trace id.
pub(super) enum Found {
    /// The trace, of spans or of what platforms told alone.
    Trace(Known),
    /// It is the platform's own id of an invocation whose spans lie in this other trace.
    Under(String),
}

pub(super) async fn ask(ctx: &Context, id: String) -> Result<Found, PageError> {
    let store = ctx.store();
    let mut spans = trace::spans(store, &id).await?;
    let truncated = spans.len() > MAX_SPANS as usize;
    spans.truncate(MAX_SPANS as usize);
    let (colours, functions) = taking_part(&spans);
    let window = if spans.is_empty() {
        around(&id, ctx.now)
    } else {
        extent(&spans)
    };
    let (logs, invocations) = tokio::try_join!(
        trace::logs(store, window, &id),
        trace::invocations(store, window, &id, &functions),
    )?;
    if spans.is_empty() {
        let mut own: Vec<&str> = invocations.iter().map(|i| i.trace_id.as_str()).collect();
        own.dedup();
        match own[..] {
            [] => return Err(not_found(&id)),
            [own] if own != id => return Ok(Found::Under(own.to_owned())),
            _ => {}
        }
    }
    let hops = hops::ask(store, window, &id, &spans, &invocations).await?;
    Ok(Found::Trace(Known {
        id,
        spans,
        truncated,
        logs,
        invocations,
        hops,
        colours,
    }))
}

/// Where to look for a trace without spans: around the time that X-Ray writes into its ids, else in the
/// last days.
fn around(id: &str, now: UnixNano) -> Window {
    const DAY_MS: f64 = 86_400_000.0;
    match xray::began(id, now) {
        Some(began) => Window {
            from: began,
            to: began,
        },
        None => Window {
            from: now.plus_millis(-7.0 * DAY_MS),
            to: now,
        },
    }
}

/// The colour of each service, and the functions taking part, at most 200.
pub(super) fn taking_part(spans: &[TraceSpan]) -> (HashMap<String, usize>, Vec<String>) {
    let mut colours: HashMap<String, usize> = HashMap::new();
    let mut functions: Vec<String> = Vec::new();
    for span in spans {
        let next = colours.len() % COLOURS + 1;
        colours.entry(span.service_name.clone()).or_insert(next);
        let new = !span.function_id.is_empty() && !functions.contains(&span.function_id);
        if new && functions.len() < 200 {
            functions.push(span.function_id.clone());
        }
    }
    (colours, functions)
}

fn not_found(id: &str) -> PageError {
    PageError::NotFound {
        what: format!("No span of trace {id} is stored."),
        help:
            "It may have been sampled out by its sender, be older than the retention, or still be \
               on its way: spans of a function can arrive minutes after it ended."
                .to_owned(),
    }
}

/// From the first start to the last end.
fn extent(spans: &[TraceSpan]) -> Window {
    let from = spans.iter().map(|span| span.start_ns).min().unwrap_or(0);
    let end = |span: &TraceSpan| span.start_ns.saturating_add(span.duration_ns.max(0));
    let to = spans.iter().map(end).max().unwrap_or(from);
    Window {
        from: UnixNano(from),
        to: UnixNano(to.saturating_add(1)),
    }
}
