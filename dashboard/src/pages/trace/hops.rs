//! Where a trace came from and where it went on: the spans at the other end of its links.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::{Value, json};
use store::Store;
use store::model::FunctionId;
use store::read::Window;
use store::read::hops::{self, HopSpan, MAX_HOPS, MAX_IDS, PlatformTrace};
use store::read::trace::{TraceInvocation, TraceSpan};

use crate::format;
use crate::pages::logs::is_trace_id;
use crate::parts::badge::cloud_name;
use crate::web::link::{function_path, segment};
use crate::web::{Context, PageError};

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A span here received what the other trace sent.
    From,
    /// A span of the other trace received what was sent here.
    To,
}

/// A message from one trace to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hop {
    way: Way,
    /// The span here.
    own: String,
    /// The other trace and its span; the span may be empty.
    trace: String,
    span: String,
    /// What is known of the span there; empty where it is not stored.
    name: String,
    service: String,
    function: String,
    /// From the sender to the receiver, ns; `None` where one of them is not known.
    delay_ns: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct HopView {
    own: String,
    own_href: String,
    function: String,
    function_href: String,
    cloud: String,
    name: String,
    delay: String,
    trace: String,
    href: String,
}

/// The hops of a page, in the order of the message's way.
#[derive(Default, Serialize)]
pub(super) struct HopsView {
    from: Vec<HopView>,
    to: Vec<HopView>,
    note: String,
}

/// When something began and ended, ns since the epoch.
type Times = (i64, i64);

/// The hops of a trace, at most [`MAX_HOPS`] each way.
pub(super) async fn ask(
    store: &Store,
    window: Window,
    trace: &str,
    spans: &[TraceSpan],
    invocations: &[TraceInvocation],
) -> Result<Vec<Hop>, PageError> {
    // Others may link to the trace by the platform's name for it; then its invocation is the sender.
    let platform_names = invocations
        .iter()
        .filter(|i| !i.platform_trace_id.is_empty() && i.platform_trace_id != trace);
    let names: HashMap<&str, &str> = platform_names
        .take(MAX_IDS)
        .map(|i| (i.platform_trace_id.as_str(), i.span_id.as_str()))
        .chain([(trace, "")])
        .collect();
    let asked: Vec<String> = names.keys().map(|name| (*name).to_owned()).collect();
    let (traces, ids) = linked(trace, spans);
    let (senders, receivers, platform) = tokio::try_join!(
        hops::senders(store, &traces, &ids),
        hops::receivers(store, window, &asked),
        hops::platform_traces(store, &traces, window.to),
    )?;
    let mut found = from(trace, spans, &senders, &platform);
    found.extend(to(&names, spans, &receivers));
    Ok(found)
}

/// The traces and spans that `spans` link to, at most [`MAX_IDS`] of each.
fn linked(trace: &str, spans: &[TraceSpan]) -> (Vec<String>, Vec<String>) {
    let (mut traces, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for (other, id) in spans.iter().flat_map(links) {
        if other != trace && traces.len() < MAX_IDS && ids.len() < MAX_IDS {
            traces.insert(other.to_owned());
            ids.insert(id.to_owned());
        }
    }
    (traces.into_iter().collect(), ids.into_iter().collect())
}

/// The links of a span that lead to a trace.
fn links(span: &TraceSpan) -> impl Iterator<Item = (&str, &str)> {
    let pairs = span.link_trace_ids.iter().zip(&span.link_span_ids);
    pairs
        .map(|(trace, id)| (trace.as_str(), id.as_str()))
        .filter(|(trace, _)| is_trace_id(trace))
}

fn times(start_ns: i64, duration_ns: i64) -> Times {
    (start_ns, start_ns.saturating_add(duration_ns.max(0)))
}

/// How long a message was under way: from the end of its sender, or from its start if the sender still
/// worked when the message arrived (an invocation that sent it in its midst).
fn delay_ns((sent, done): Times, (received, _): Times) -> i64 {
    let since_end = received.saturating_sub(done);
    if since_end >= 0 {
        since_end
    } else {
        received.saturating_sub(sent)
    }
}

fn from(
    trace: &str,
    spans: &[TraceSpan],
    senders: &[HopSpan],
    platform: &[PlatformTrace],
) -> Vec<Hop> {
    let stored: HashMap<(&str, &str), &HopSpan> = senders
        .iter()
        .map(|s| ((s.trace_id.as_str(), s.span_id.as_str()), s))
        .collect();
    let mut found = Vec::new();
    for span in spans {
        for (other, id) in links(span).filter(|(other, _)| *other != trace) {
            if found.len() >= MAX_HOPS as usize {
                return found;
            }
            let own = times(span.start_ns, span.duration_ns);
            let mut hop = Hop {
                way: Way::From,
                own: span.span_id.clone(),
                trace: other.to_owned(),
                span: id.to_owned(),
                name: String::new(),
                service: String::new(),
                function: String::new(),
                delay_ns: None,
            };
            if let Some(sender) = stored.get(&(other, id)) {
                hop.name.clone_from(&sender.name);
                hop.service.clone_from(&sender.service_name);
                hop.function.clone_from(&sender.function_id);
                hop.delay_ns = Some(delay_ns(times(sender.start_ns, sender.duration_ns), own));
            } else if let Some(sender) = platform.iter().find(|p| p.platform_trace_id == other) {
                hop.function.clone_from(&sender.function_id);
                hop.delay_ns = Some(delay_ns(times(sender.start_ns, sender.duration_ns), own));
                if !sender.trace_id.is_empty() {
                    hop.trace.clone_from(&sender.trace_id);
                    hop.span.clone_from(&sender.span_id);
                }
            }
            found.push(hop);
        }
    }
    found
}

/// `names` are the trace's ids, each with the span that is meant where a link names none of ours.
fn to(names: &HashMap<&str, &str>, spans: &[TraceSpan], receivers: &[HopSpan]) -> Vec<Hop> {
    let own: HashMap<&str, &TraceSpan> = spans.iter().map(|s| (s.span_id.as_str(), s)).collect();
    let mut found = Vec::new();
    let is_other = |r: &&HopSpan| !names.contains_key(r.trace_id.as_str());
    for receiver in receivers.iter().filter(is_other) {
        let links = receiver.link_trace_ids.iter().zip(&receiver.link_span_ids);
        let ours = links.filter_map(|(trace, id)| Some((names.get(trace.as_str())?, id)));
        for (meant, id) in ours {
            if found.len() >= MAX_HOPS as usize {
                return found;
            }
            let sender = own.get(id.as_str()).or_else(|| own.get(meant));
            let received = times(receiver.start_ns, receiver.duration_ns);
            found.push(Hop {
                way: Way::To,
                own: sender.map_or(String::new(), |s| s.span_id.clone()),
                trace: receiver.trace_id.clone(),
                span: receiver.span_id.clone(),
                name: receiver.name.clone(),
                service: receiver.service_name.clone(),
                function: receiver.function_id.clone(),
                delay_ns: sender.map(|s| delay_ns(times(s.start_ns, s.duration_ns), received)),
            });
        }
    }
    found
}

/// The hops as the page shows them.
pub(super) fn view(ctx: &Context, hops: &[Hop], spans: &[TraceSpan]) -> HopsView {
    let names: HashMap<&str, &str> = spans
        .iter()
        .map(|s| (s.span_id.as_str(), s.name.as_str()))
        .collect();
    let of = |way: Way| -> Vec<HopView> {
        let hops = hops.iter().filter(|hop| hop.way == way);
        hops.map(|hop| hop_view(ctx, hop, &names)).collect()
    };
    let (from, to) = (of(Way::From), of(Way::To));
    let is_full = |list: &[HopView]| list.len() >= MAX_HOPS as usize;
    let note = if is_full(&from) || is_full(&to) {
        format!("the first {MAX_HOPS} each way")
    } else {
        String::new()
    };
    HopsView { from, to, note }
}

fn hop_view(ctx: &Context, hop: &Hop, names: &HashMap<&str, &str>) -> HopView {
    let function = hop.function.parse::<FunctionId>().ok();
    let shown = |text: &str| format::bounded(text, 60);
    let anchor = |span: &str| {
        if span.is_empty() {
            String::new()
        } else {
            format!("#s-{}", segment(span))
        }
    };
    HopView {
        own: shown(names.get(hop.own.as_str()).copied().unwrap_or_default()),
        own_href: anchor(&hop.own),
        function: function
            .as_ref()
            .map_or_else(|| shown(&hop.service), |id| shown(&id.name)),
        function_href: function.as_ref().map_or(String::new(), |_| {
            ctx.link(&function_path(&hop.function), &[])
        }),
        cloud: function.map_or(String::new(), |id| cloud_name(&id.provider)),
        name: shown(&hop.name),
        delay: hop.delay_ns.map_or_else(
            || "not stored".to_owned(),
            |ns| format::duration_ms(ns as f64 / 1e6),
        ),
        trace: hop.trace.clone(),
        href: format!(
            "{}{}",
            ctx.link(&format!("/traces/{}", segment(&hop.trace)), &[]),
            anchor(&hop.span)
        ),
    }
}

/// The hops for programs.
pub(super) fn json(hops: &[Hop]) -> Value {
    let each = hops.iter().map(|hop| {
        json!({
            "way": if hop.way == Way::From { "from" } else { "to" },
            "own_span_id": hop.own, "trace_id": hop.trace, "span_id": hop.span,
            "name": hop.name, "service_name": hop.service, "function_id": hop.function,
            "delay_ns": hop.delay_ns,
        })
    });
    Value::Array(each.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_under_way_from_its_senders_end_unless_the_sender_worked_on() {
        assert_eq!(delay_ns((0, 10), (35, 90)), 25);
        assert_eq!(delay_ns((0, 100), (35, 90)), 35);
        // Clocks differ: what came before it was sent is shown as it was told.
        assert_eq!(delay_ns((40, 50), (35, 90)), -5);
    }
}
