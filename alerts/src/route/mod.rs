//! Which receivers an alert goes to: the routing tree.

mod index;
mod print;
mod tree;

pub use print::{matching, whole};
pub use tree::{Node, Options, RouteId, Tree};

#[cfg(test)]
mod tests;
