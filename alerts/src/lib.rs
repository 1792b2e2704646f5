//! From findings to people. Routing, grouping, silencing and sending follow; what stands here is the
//! language they all share: label matchers, as Alertmanager's users write them.

pub mod matchers;
