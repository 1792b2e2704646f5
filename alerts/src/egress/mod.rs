//! The only way out: HTTPS, HTTP and bare connections to addresses that messages may go to.
//!
//! Whoever may write a receiver's address could otherwise reach what only this machine can: the
//! database, the cloud's metadata service, neighbours in a private network. So every address is
//! checked after it was resolved, and the checked address is the one connected to; there are no
//! redirects and no proxies, and what a server answers is never shown to anyone.

mod client;
mod connect;
mod error;
mod guard;
mod literal;
mod target;
mod tls;

pub use client::{Answer, Client, REQUEST_BYTES_MAX, Request};
pub use connect::{Connector, Resolve};
pub use error::Error;
pub use guard::{Guard, Inner};
pub use target::Target;
pub use tls::Tls;

#[cfg(test)]
mod tests;
