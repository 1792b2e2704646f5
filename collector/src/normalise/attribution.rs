//! Which function each span of a request belongs to.
//!
//! A span may name its function itself; what one of them says holds for its whole resource, because
//! an SDK in a function often knows the ARN only inside an invocation. Where one resource serves
//! many functions, it holds for the span's descendants and its trace only.

use std::collections::HashMap;
use std::sync::Arc;

use super::identity::{self, Identity, Seen};
use super::memory::Memory;
use super::source;
use super::traces::{Checked, Group};

/// Ancestors looked at; traces of functions are rarely deeper than ten.
const ANCESTORS_MAX: usize = 64;

/// The functions of a group, numbered. A hostile group may name one per span, so all is by hash.
#[derive(Default)]
pub(super) struct Functions {
    list: Vec<Arc<Identity>>,
    numbers: HashMap<String, usize>,
}

impl Functions {
    /// The function of that number.
    pub(super) fn get(&self, number: usize) -> &Arc<Identity> {
        &self.list[number]
    }

    /// The number of a function, new if it is.
    fn number_of(&mut self, function: Arc<Identity>) -> usize {
        if let Some(known) = self.numbers.get(&function.text) {
            return *known;
        }
        let number = self.list.len();
        self.numbers.insert(function.text.clone(), number);
        self.list.push(function);
        number
    }
}

/// Fills in [`Checked::function`] and [`Group::functions`] of all groups.
pub(super) fn attribute(memory: &mut Memory, groups: &mut [Group<'_>]) {
    // All groups speak before any is settled: one of them may know the account of another's
    // function.
    for group in groups.iter_mut() {
        listen(group);
        for function in group.functions.list.iter().chain(&group.source.base) {
            memory.learn_account(function);
        }
    }
    for group in groups {
        fill_accounts(memory, group);
        settle(memory, group);
    }
}

/// Notes the functions that spans name themselves.
fn listen(group: &mut Group<'_>) {
    let Group {
        source,
        spans,
        functions,
    } = group;
    for span in spans.iter_mut() {
        if span.is_outward() || !identity::tells_identity(span.attributes) {
            continue;
        }
        let seen = Seen::new(source.attributes(), span.attributes);
        let own = super::identify(&seen).filter(|own| !own.is_guess());
        span.function = own.map(|own| functions.number_of(Arc::new(own)));
    }
}

/// Fills in the accounts; functions that differed only in a missing one become one.
fn fill_accounts(memory: &mut Memory, group: &mut Group<'_>) {
    let told = std::mem::take(&mut group.functions);
    let filled = told
        .list
        .iter()
        .map(|function| memory.fill_account(function));
    let numbers: Vec<usize> = filled.map(|f| group.functions.number_of(f)).collect();
    for span in &mut group.spans {
        span.function = span.function.map(|number| numbers[number]);
    }
}

/// Gives a function to the spans that name none.
fn settle(memory: &mut Memory, group: &mut Group<'_>) {
    let mut named: Vec<usize> = group
        .spans
        .iter()
        .filter_map(|span| span.function)
        .collect();
    named.sort_unstable();
    named.dedup();
    learn(memory, group, &named);
    if let Some(common) = common(memory, group, &named) {
        let number = group.functions.number_of(common);
        for span in &mut group.spans {
            span.function.get_or_insert(number);
        }
    } else {
        inherit(group);
        by_trace(memory, group);
    }
}

/// Remembers what spans named for later requests.
fn learn(memory: &mut Memory, group: &Group<'_>, named: &[usize]) {
    let key = group.source.key;
    let serves_many = serves_many(group, named);
    if let ([only], false) = (named, serves_many) {
        memory.learn_resource(key, group.functions.get(*only));
    }
    if serves_many {
        for span in &group.spans {
            if let Some(function) = group.function(span) {
                memory.learn_trace(key, span.trace.as_str(), function);
            }
        }
    }
}

fn serves_many(group: &Group<'_>, named: &[usize]) -> bool {
    let many = |number: &usize| group.functions.get(*number).rules.many_per_resource();
    group.source.serves_many() || named.iter().any(many)
}

/// The function of all spans that name none, if there is one.
fn common(memory: &mut Memory, group: &Group<'_>, named: &[usize]) -> Option<Arc<Identity>> {
    let base = base(memory, group, named);
    if serves_many(group, named) {
        return base.filter(|base| !base.is_guess());
    }
    match (named, base) {
        ([only], None) => Some(Arc::clone(group.functions.get(*only))),
        ([only], Some(base)) => {
            let own = group.functions.get(*only);
            let refines = base.is_guess() || own.id.name == base.id.name;
            Some(if refines { Arc::clone(own) } else { base })
        }
        ([], Some(base)) if !base.is_guess() => Some(base),
        // What spans of this resource taught before goes before a guess.
        ([], base) => {
            let learnt = memory.of_resource(group.source.key).or(base)?;
            Some(memory.fill_account(&learnt))
        }
        (_, base) => base.filter(|base| !base.is_guess()),
    }
}

/// The function the resource names. A mere service is one only when an entry span shows that it
/// answers to somebody, now or before, and none of its spans knows a better name.
fn base(memory: &mut Memory, group: &Group<'_>, named: &[usize]) -> Option<Arc<Identity>> {
    let base = group.source.base.as_ref()?;
    if group.source.is_mere_service() {
        if !named.is_empty() {
            return None;
        }
        let is_unnamed = source::is_unnamed(base);
        if group.spans.iter().any(Checked::is_entry_kind) {
            if !is_unnamed {
                memory.learn_service(base);
            }
        } else if is_unnamed || !memory.knows_service(base) {
            return None;
        }
    }
    Some(memory.fill_account(base))
}

/// Lets spans inherit the function of their nearest ancestor that has one.
fn inherit(group: &mut Group<'_>) {
    if group.spans.iter().all(|span| span.function.is_none()) {
        return;
    }
    let spans = &group.spans;
    let mut index = HashMap::with_capacity(spans.len());
    for (i, span) in spans.iter().enumerate() {
        index.insert((span.span.trace_id, span.span.span_id), i);
    }
    let inherited: Vec<Option<usize>> = spans
        .iter()
        .map(|span| {
            let mut current = span;
            for _ in 0..ANCESTORS_MAX {
                if current.function.is_some() {
                    return current.function;
                }
                let parent = current.span.parent_span_id;
                current = &spans[*index.get(&(span.span.trace_id, parent))?];
            }
            None
        })
        .collect();
    for (span, function) in group.spans.iter_mut().zip(inherited) {
        span.function = function;
    }
}

/// Gives spans the only function of their trace, in this request or before.
fn by_trace(memory: &mut Memory, group: &mut Group<'_>) {
    let mut of_trace: HashMap<&[u8], Option<usize>> = HashMap::new();
    for span in &group.spans {
        if let Some(function) = span.function {
            let known = of_trace.entry(span.span.trace_id).or_insert(Some(function));
            if *known != Some(function) {
                *known = None;
            }
        }
    }
    for span in &mut group.spans {
        if span.function.is_some() {
            continue;
        }
        span.function = match of_trace.get(span.span.trace_id) {
            Some(known) => *known,
            None => memory
                .of_trace(group.source.key, span.trace.as_str())
                .map(|function| group.functions.number_of(function)),
        };
    }
}
