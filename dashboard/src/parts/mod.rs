//! What pages are drawn with: one chart grammar, sparklines, distributions, the waterfall of a
//! trace.

pub mod badge;
pub mod chart;
pub mod diverging;
pub mod markup;
pub mod scale;
pub mod shape;
pub mod spark;
pub mod strip;
pub mod waterfall;
