//! What each service is sent.

#[cfg(test)]
pub(crate) mod samples;
