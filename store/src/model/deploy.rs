//! A version of a function came into use.

use super::UnixNano;

/// A row of `deploys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploy {
    /// Text form of the function id.
    pub function_id: String,
    /// The version, as the function reports it.
    pub version: String,
    /// When it was first seen, or announced.
    pub at: UnixNano,
    /// How we know.
    pub source: DeploySource,
}

/// How a deploy became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploySource {
    /// The first version ever seen of a function: where its history begins, not a change.
    Baseline,
    /// Another version appeared in telemetry.
    Telemetry,
}

impl DeploySource {
    /// The text kept in `source`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Telemetry => "telemetry",
        }
    }
}
