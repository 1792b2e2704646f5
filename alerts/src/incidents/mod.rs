//! Incidents: findings that have one cause, told once.
//!
//! Each finding blames a place. Most blame their own function; one that fails since what it calls fails
//! blames what it calls, and so on down to where failing calls end ([`walk`]): a function, or a peer that
//! sends no telemetry. Findings that blame the same place at the same time are one incident ([`spots`]). So
//! two are never put together without a way between them over calls that explain it, and what is put
//! together does not depend on the order in which it is found.
//!
//! An incident is the sum of its events ([`Event`]): [`Incident`] adds them up, [`Book`] makes those that
//! follow from findings, [`acts`] those that people want, and all of them are kept in the store, where any
//! process may write and none overwrites another. What is kept is never changed.

pub mod acts;
mod book;
mod event;
mod figures;
pub mod follow;
pub mod incident;
pub mod keep;
mod signal;
mod spots;
mod told;
mod topology;
mod walk;

pub use book::{Book, Home, Homes};
pub use event::{Event, Member, Notice, What};
pub use figures::{Figures, figures};
pub use incident::{Incident, State};
pub use signal::{Family, Signal};
pub use spots::{Cluster, Placed, partition};
pub use told::{ACKNOWLEDGED_BY, CAUSE, LABEL, TITLE};
pub use topology::{Flow, Topology};
pub use walk::{Blame, Hop, blame};

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// An incident comes back under its id when its like is found within so long of its end; later it is
/// another one.
pub const REOPENS_MS: i64 = 60 * MINUTE_MS;
/// An incident whose findings have all ended is over when none came back for so long.
pub const QUIET_MS: i64 = 5 * MINUTE_MS;
/// What a finding blames is looked at anew for so long after it was certain: the minutes around its begin
/// are not all there at once.
pub const SETTLES_MS: i64 = 10 * MINUTE_MS;
/// Findings of one incident; more are told as alerts of their own.
pub const MEMBERS_MAX: usize = 500;
/// Incidents that are not over, at a time: with 500 members of 1 kB they would be 1 GB, and in practice
/// have three.
pub const LIVE_MAX: usize = 2_000;

#[cfg(test)]
mod tests;
