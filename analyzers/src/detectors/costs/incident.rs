//! One cause is one incident, at the right level: detect below, report above.

use serde::{Deserialize, Serialize};
use store::model::Scope;

use super::pulse::Burn;

/// A thing (or two) that explains this much of a change is where it is told.
pub const EXPLAINS: f64 = 0.65;
/// So many functions may share a change before it is told of what holds them all.
pub const ALONE_MAX: usize = 2;
/// So many functions of an account that depart within the same hours are one cause.
pub const TOGETHER_MIN: usize = 4;
/// Those hours, s.
pub const TOGETHER_S: u32 = 3 * 3_600;
/// Functions of an incident that are remembered, those of most money first.
pub const MEMBERS_MAX: usize = 50;

/// What it is, as a kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Far above, just begun.
    Spike,
    /// Above, and staying.
    Step,
    /// Above, and growing.
    Leak,
    /// Nothing, or next to it.
    Drop,
    /// A new function that spends much.
    NewSpender,
    /// Far above by the minute.
    Runaway,
}

impl Kind {
    /// The name in [`crate::findings::kinds`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spike => "cost_spike",
            Self::Step => "cost_step",
            Self::Leak => "cost_leak",
            Self::Drop => "cost_drop",
            Self::NewSpender => "cost_new_spender",
            Self::Runaway => "cost_runaway",
        }
    }
}

/// What an incident is about: the function's id, or the text that [`Scope`] describes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct About {
    /// How wide.
    pub scope: Scope,
    /// Which one.
    pub text: String,
}

/// An incident from its opening to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub no: u64,
    /// What it was called when it opened, which it keeps.
    pub kind: Kind,
    /// A word of [`Scope`], and which one.
    pub scope: String,
    /// See `scope`.
    pub text: String,
    /// Begin, s since the epoch.
    pub began_s: u32,
    /// When it was certain, s since the epoch.
    pub detected_s: u32,
    /// How often chance alone does so; `None` for plain facts.
    pub p_value: Option<f64>,
    /// Ids of the functions that it is made of, where it is wider than one.
    pub members: Vec<String>,
    /// Of a runaway: its minutes.
    pub burn: Option<Burn>,
}

impl Incident {
    /// Whether it is about this.
    #[must_use]
    pub fn is_about(&self, scope: Scope, text: &str) -> bool {
        self.scope == scope.as_str() && self.text == text
    }
}

/// How many of the largest shares explain a change: 1 where one does, … `None` if the shares do not add up
/// to it at all. Shares in the other direction do not count. `shares` are sorted, the largest first.
#[must_use]
pub fn explained_by(shares: &[f64], whole: f64) -> Option<usize> {
    let mut sum = 0.0;
    for (count, share) in shares.iter().enumerate() {
        sum += share.max(0.0);
        if sum >= EXPLAINS * whole {
            return Some(count + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_as_explain_two_thirds_are_counted() {
        assert_eq!(explained_by(&[7.0, 2.0, 1.0], 10.0), Some(1));
        assert_eq!(explained_by(&[4.0, 3.0, 3.0], 10.0), Some(2));
        assert_eq!(explained_by(&[1.0; 10], 10.0), Some(7));
        assert_eq!(explained_by(&[1.0, -5.0], 10.0), None);
        assert_eq!(explained_by(&[], 10.0), None);
    }
}
