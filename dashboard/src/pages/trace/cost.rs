//! What a trace cost, invocation by invocation, each under the rules of its own provider.

use analyzers::cost::decimal::{Decimal, from_ms};
use analyzers::cost::{Books, OneInvocation, Priced, price_one};
use analyzers::money::Usd;
use serde::Serialize;
use store::model::{FunctionId, InitKind};
use store::read::trace::{TraceInvocation, TraceSpan};

use super::Known;
use crate::format;
use crate::pages::costs::function_costs_path;
use crate::web::Context;

/// Invocations shown; the rest is in the sum.
const MAX_ROWS: usize = 50;

/// One invocation of the trace.
struct Hop<'a> {
    invocation: &'a TraceInvocation,
    priced: Result<Priced, String>,
    /// How long it waited for its own calls while it was billed, ms; `None` without its spans.
    waited_ms: Option<f64>,
}

#[derive(Serialize)]
struct RowView {
    function: String,
    href: String,
    billed: String,
    rounding: String,
    waited: String,
    cost: String,
    title: String,
    remark: String,
    provenance: &'static str,
}

/// The card on the page.
#[derive(Serialize)]
pub(super) struct CostView {
    rows: Vec<RowView>,
    sentence: String,
    note: String,
    total: String,
}

pub(super) fn view(ctx: &Context, known: &Known) -> CostView {
    let hops = hops(&ctx.app.books, known);
    let priced: Vec<&Hop<'_>> = hops.iter().filter(|hop| hop.priced.is_ok()).collect();
    let total: Usd = priced.iter().filter_map(|hop| cost(hop)).sum();
    CostView {
        sentence: sentence(&hops, total),
        note: match hops.len().saturating_sub(MAX_ROWS) {
            0 => "at list price, before free grants".to_owned(),
            more => format!("at list price, before free grants; {more} more are in the sum only"),
        },
        rows: hops
            .iter()
            .take(MAX_ROWS)
            .map(|hop| row(ctx, hop))
            .collect(),
        total: if priced.is_empty() {
            format::UNKNOWN.to_owned()
        } else {
            format::money(total)
        },
    }
}

fn hops<'a>(books: &Books, known: &'a Known) -> Vec<Hop<'a>> {
    let hop = |invocation: &'a TraceInvocation| Hop {
        priced: price_one(books, &one(books, invocation)).map_err(|reason| reason.to_string()),
        waited_ms: waited_ms(&known.spans, invocation),
        invocation,
    };
    known.invocations.iter().map(hop).collect()
}

/// The invocation as the price books want it.
fn one(books: &Books, invocation: &TraceInvocation) -> OneInvocation {
    let id: FunctionId = invocation.function_id.parse().unwrap_or_default();
    let terms = books.terms_of(&invocation.function_id);
    let told = |configured: u32, seen: Option<u32>| match configured {
        0 => seen.map(Decimal::from),
        mb => Some(Decimal::from(mb)),
    };
    OneInvocation {
        provider: id.provider,
        platform: invocation.platform.clone(),
        region: id.region,
        plan: terms.size.plan,
        architecture: match terms.size.architecture.as_str() {
            "" => invocation.architecture.clone(),
            configured => configured.to_owned(),
        },
        init_kind: init_kind(&invocation.init_kind),
        own_runtime: invocation.own_runtime,
        runtime: terms.runtime,
        start_s: invocation.start_ns.div_euclid(1_000_000_000),
        memory_mb: told(terms.size.memory_mb, invocation.memory_size_mb),
        memory_used_mb: invocation.memory_used_mb.map(Decimal::from),
        vcpu_milli: terms.size.vcpu_milli,
        duration_ms: invocation.duration_ms.and_then(from_ms),
        init_ms: invocation.init_duration_ms.and_then(from_ms),
        cpu_ms: invocation.cpu_ms.and_then(from_ms),
        billed_ms: invocation.billed_duration_ms.and_then(from_ms),
        ephemeral_storage_mb: terms.ephemeral_storage_mb,
        concurrency: terms.concurrency,
        egress_gb: None,
        requests: 1,
    }
}

fn init_kind(text: &str) -> Option<InitKind> {
    [
        InitKind::OnDemand,
        InitKind::Provisioned,
        InitKind::SnapstartRestore,
        InitKind::Suppressed,
        InitKind::ManagedInstance,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == text)
}

/// Time within an invocation's span during which a call of its own was under way, ms: the union of its
/// client spans. It may have worked meanwhile, so this is the most it can have waited.
fn waited_ms(spans: &[TraceSpan], invocation: &TraceInvocation) -> Option<f64> {
    let own = spans
        .iter()
        .find(|s| !s.span_id.is_empty() && s.span_id == invocation.span_id)?;
    let (begin, end) = (
        own.start_ns,
        own.start_ns.saturating_add(own.duration_ns.max(0)),
    );
    let mut calls: Vec<(i64, i64)> = (spans.iter())
        .filter(|s| s.kind == "Client" && s.function_id == own.function_id)
        .filter(|s| descends(spans, s, &own.span_id))
        .map(|s| {
            let ends = s.start_ns.saturating_add(s.duration_ns.max(0));
            (s.start_ns.clamp(begin, end), ends.clamp(begin, end))
        })
        .collect();
    calls.sort_unstable();
    let (mut waited_ns, mut until) = (0_i64, begin);
    for (from, to) in calls {
        waited_ns += (to - from.max(until)).max(0);
        until = until.max(to);
    }
    Some(waited_ns as f64 / 1e6)
}

/// Whether a span lies below another one; a hundred levels are looked at.
fn descends(spans: &[TraceSpan], span: &TraceSpan, ancestor: &str) -> bool {
    let mut parent = span.parent_span_id.as_str();
    for _ in 0..100 {
        if parent == ancestor {
            return true;
        }
        match spans.iter().find(|s| s.span_id == parent) {
            Some(above) if !parent.is_empty() => parent = &above.parent_span_id,
            _ => return false,
        }
    }
    false
}

fn cost(hop: &Hop<'_>) -> Option<Usd> {
    hop.priced
        .as_ref()
        .ok()
        .map(|priced| Usd::from(&priced.cost))
}

fn ms(value: &Decimal) -> f64 {
    value.to_plain_string().parse().unwrap_or(0.0)
}

/// The share of the billed time that was waiting, at most 1.
fn waiting(hop: &Hop<'_>) -> Option<f64> {
    let billed_ms = ms(&hop.priced.as_ref().ok()?.billed_ms);
    let waited_ms = hop.waited_ms?;
    (billed_ms > 0.0).then(|| (waited_ms / billed_ms).min(1.0))
}

fn sentence(hops: &[Hop<'_>], total: Usd) -> String {
    let priced = hops.iter().filter(|hop| hop.priced.is_ok()).count();
    if hops.is_empty() {
        return "No invocation of a function is known in this trace, so nothing of it has a price."
            .to_owned();
    }
    let unknown = hops.len() - priced;
    if priced == 0 {
        return "None of its invocations can be priced; each row says why.".to_owned();
    }
    let part = |share: &dyn Fn(&Hop<'_>) -> Option<f64>| -> f64 {
        let weighed = hops
            .iter()
            .filter_map(|hop| Some(share(hop)? * cost(hop)?.as_drawn()));
        weighed.sum::<f64>() / total.as_drawn()
    };
    let all = format::counted(priced as u64, "invocation", "invocations");
    let mut text = format!("{all} cost {}", format::money(total));
    let waited = part(&waiting);
    if waited.is_finite() && waited >= 0.005 {
        text.push_str(&format!(
            "; up to {} of it while waiting for calls",
            format::ratio(waited)
        ));
    }
    let rounded = part(&rounding);
    if rounded.is_finite() && rounded >= 0.005 {
        text.push_str(&format!(
            "; {} only because of steps and minimums",
            format::ratio(rounded)
        ));
    }
    if unknown > 0 {
        let them = format::counted(unknown as u64, "invocation", "invocations");
        text.push_str(&format!(
            ". {them} more cannot be priced, so the trace costs more than that"
        ));
    }
    text.push('.');
    text
}

/// The share of the billed time that is rounding.
fn rounding(hop: &Hop<'_>) -> Option<f64> {
    let priced = hop.priced.as_ref().ok()?;
    let billed_ms = ms(&priced.billed_ms);
    (billed_ms > 0.0).then(|| ms(&priced.rounding_ms) / billed_ms)
}

fn row(ctx: &Context, hop: &Hop<'_>) -> RowView {
    let id: FunctionId = hop.invocation.function_id.parse().unwrap_or_default();
    let share = |value: Option<f64>| value.map_or(format::UNKNOWN.to_owned(), format::ratio);
    let unknown = || format::UNKNOWN.to_owned();
    let priced = hop.priced.as_ref().ok();
    RowView {
        function: format::bounded(&id.name, 60),
        href: ctx.link(&function_costs_path(&hop.invocation.function_id), &[]),
        billed: priced.map_or_else(unknown, |p| format::duration_ms(ms(&p.billed_ms))),
        rounding: share(rounding(hop)),
        waited: share(waiting(hop)),
        cost: cost(hop).map_or_else(unknown, format::money),
        title: priced.map_or(String::new(), |p| {
            let parts = p.charges.iter().map(|charge| {
                format!(
                    "{} {} × ${} ({})",
                    analyzers::cost::decimal::text(&charge.quantity),
                    charge.price.dimension.counted_in(),
                    analyzers::cost::decimal::text(&charge.price.list_price()),
                    charge.price.entry
                )
            });
            format!(
                "${} by the book {}: {}",
                Usd::from(&p.cost).exact(),
                p.book,
                parts.collect::<Vec<_>>().join(" + ")
            )
        }),
        remark: match &hop.priced {
            Ok(priced) => format::bounded(&priced.assumptions.join("; "), 240),
            Err(reason) => format::bounded(reason, 240),
        },
        provenance: priced.map_or("", |p| p.provenance.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::books;

    fn span(id: &str, parent: &str, kind: &str, from_ms: i64, to_ms: i64) -> TraceSpan {
        TraceSpan {
            start_ns: from_ms * 1_000_000,
            duration_ns: (to_ms - from_ms) * 1_000_000,
            span_id: id.into(),
            parent_span_id: parent.into(),
            name: String::new(),
            kind: kind.into(),
            service_name: String::new(),
            function_id: "aws:1:us-east-1:checkout".into(),
            status_code: String::new(),
            status_message: String::new(),
            scope_name: String::new(),
            scope_version: String::new(),
            attributes: Vec::new(),
            resource: Vec::new(),
            event_ns: Vec::new(),
            event_names: Vec::new(),
            event_attributes: Vec::new(),
            link_trace_ids: Vec::new(),
            link_span_ids: Vec::new(),
        }
    }

    fn invocation() -> TraceInvocation {
        TraceInvocation {
            function_id: "aws:1:us-east-1:checkout".into(),
            span_id: "a".into(),
            start_ns: 1_795_436_709_000_000_000,
            platform: "aws_lambda".into(),
            architecture: "x86_64".into(),
            duration_ms: Some(99.2),
            memory_size_mb: Some(1_024),
            ..TraceInvocation::default()
        }
    }

    #[test]
    fn waiting_is_the_union_of_own_calls_and_never_more_than_the_span() {
        let spans = [
            span("a", "", "Server", 0, 100),
            span("b", "a", "Client", 10, 40),
            span("c", "a", "Internal", 20, 90),
            span("d", "c", "Client", 30, 60),
            span("e", "a", "Client", 95, 500),
            span("f", "z", "Client", 0, 100),
        ];
        assert_eq!(waited_ms(&spans, &invocation()), Some(50.0 + 5.0));
        let other = TraceInvocation {
            span_id: String::new(),
            ..invocation()
        };
        assert_eq!(
            waited_ms(&spans, &other),
            None,
            "without a span nobody knows"
        );
    }

    #[test]
    fn each_invocation_is_priced_by_its_own_provider_and_the_unknown_is_said() {
        let books = books();
        let priced = price_one(&books, &one(&books, &invocation())).expect("a price");
        // 100 ms · 1 GB · 0.0000166667 + 0.0000002.
        assert_eq!(Usd::from(&priced.cost).exact(), "0.00000186667");
        assert!(
            priced.provenance.as_str() == "derived",
            "no billed time was told"
        );
        let nobody = TraceInvocation {
            function_id: "hetzner:::job".into(),
            ..invocation()
        };
        assert!(price_one(&books, &one(&books, &nobody)).is_err());
        let of = |invocation: &'static TraceInvocation, priced| Hop {
            invocation,
            priced,
            waited_ms: Some(50.0),
        };
        let kept: &'static TraceInvocation = Box::leak(Box::new(invocation()));
        let cost = Usd::from(&priced.cost);
        let hops = [of(kept, Ok(priced)), of(kept, Err("no book".to_owned()))];
        let text = sentence(&hops, cost).replace('\u{a0}', " ");
        assert_eq!(
            text,
            "1 invocation cost $0.0000019; up to 50 % of it while waiting for calls; 0.8 % only because \
             of steps and minimums. 1 invocation more cannot be priced, so the trace costs more than that."
        );
        assert!(
            sentence(&[], Usd::ZERO).starts_with("No invocation"),
            "unknown is not zero"
        );
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let spans = [
            span("a", "b", "Client", 0, 1),
            span("b", "a", "Client", 0, 1),
        ];
        assert!(!descends(&spans, &spans[0], "x"));
    }
}
