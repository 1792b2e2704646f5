//! Why no answer came.

use std::time::Duration;

use super::Inner;

/// Why a request got no answer. Texts name the host alone: paths and answers may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address cannot be used as it is written.
    #[error("the receiver's address cannot be used: {0}")]
    Address(&'static str),
    /// It leads to an inner address.
    #[error("{host} leads to {inner}; messages go there only if `egress_allow` names it")]
    Blocked {
        /// As it is written.
        host: String,
        /// What it leads to.
        inner: Inner,
    },
    /// Nobody knows the name.
    #[error("the name {0} cannot be resolved")]
    Resolve(String),
    /// Nobody takes connections there.
    #[error("no connection to {0}")]
    Connect(String),
    /// No secure connection.
    #[error("no secure connection to {host}: {why}")]
    Tls {
        /// As it is written.
        host: String,
        /// The library's words on the certificate or the protocol.
        why: String,
    },
    /// It took too long.
    #[error("no answer from {host} within {limit:?}")]
    Timeout {
        /// As it is written.
        host: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The request is larger than any service takes.
    #[error("the message has {bytes} bytes, at most {max} are sent")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The connection ended before there was an answer.
    #[error("the connection to {0} broke off before an answer came")]
    Broken(String),
    /// A file that the configuration names cannot be read or used.
    #[error("{file}: {why}")]
    File {
        /// Its path.
        file: String,
        /// What is wrong; never its content.
        why: String,
    },
}
