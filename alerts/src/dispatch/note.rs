//! What people may want to look up later: looks at groups, alerts as they stood, attempts to deliver,
//! configurations. They lie in the journal until somebody keeps them elsewhere; where nobody does, the
//! latest stay.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use store::model::UnixNano;

use super::{Flush, Muted};
use crate::delivery::Attempt;
use crate::model::{Alert, Status};

/// Notes that wait to be kept elsewhere, in alerts named and messages decided: some 100 bytes each, so
/// 50 MB at most. Beyond it the oldest go.
const WEIGHT_MAX: usize = 500_000;

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A group was looked at, and it was not the same as before.
    Look(Flush),
    /// An alert stands otherwise than before.
    Alert(Box<AlertNote>),
    /// A message was tried.
    Attempt(Attempt),
    /// From then on, this configuration decides; it holds no secret.
    Config {
        /// When.
        at: UnixNano,
        /// As [`crate::config::Config::shown`] prints it.
        text: String,
    },
}

/// An alert, as it stood when its group was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertNote {
    /// When.
    pub at: UnixNano,
    /// Where it stood.
    pub stand: Stand,
    /// The alert.
    pub alert: Alert,
}

/// Where an alert stands, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stand {
    /// It fires, and nothing mutes it.
    Firing,
    /// It fires, and a silence mutes it.
    Silenced,
    /// It fires, and another alert mutes it.
    Inhibited,
    /// It fires outside its route's times.
    Muted,
    /// It is over.
    Resolved,
}

impl Stand {
    /// Of what was seen.
    #[must_use]
    pub fn of(status: Status, muted: Option<&Muted>) -> Self {
        match (status, muted) {
            (Status::Resolved, _) => Self::Resolved,
            (Status::Firing, None) => Self::Firing,
            (Status::Firing, Some(Muted::Silenced(_))) => Self::Silenced,
            (Status::Firing, Some(Muted::Inhibited { .. })) => Self::Inhibited,
            (Status::Firing, Some(Muted::InMuteTimes(_) | Muted::OutsideActiveTimes(_))) => {
                Self::Muted
            }
        }
    }

    /// All of them, in the order of a list.
    pub const ALL: [Self; 5] = [
        Self::Firing,
        Self::Silenced,
        Self::Inhibited,
        Self::Muted,
        Self::Resolved,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Muted => "muted",
            Self::Resolved => "resolved",
        }
    }

    /// Of its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stand| stand.as_str() == word)
    }
}

impl Note {
    fn weight(&self) -> usize {
        match self {
            Self::Look(flush) => 5 + flush.seen.len() + 4 * flush.told.len(),
            Self::Alert(note) => 5 + note.alert.bytes() / 100,
            Self::Attempt(_) => 5,
            Self::Config { text, .. } => 1 + text.len() / 100,
        }
    }
}

/// Those that are kept nowhere else, numbered from 1 in their order.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// The number before the first.
    before: u64,
    notes: VecDeque<Note>,
    weight: usize,
}

impl Notes {
    pub(super) fn push(&mut self, note: Note) {
        self.weight += note.weight();
        self.notes.push_back(note);
        while self.weight > WEIGHT_MAX && self.notes.len() > 1 {
            self.pop();
        }
    }

    pub(super) fn kept(&mut self, number: u64) {
        while self.before < number && !self.notes.is_empty() {
            self.pop();
        }
        self.before = self.before.max(number);
    }

    fn pop(&mut self) {
        if let Some(note) = self.notes.pop_front() {
            self.weight -= note.weight();
            self.before += 1;
        }
    }

    /// The number before the first of them.
    #[must_use]
    pub fn before(&self) -> u64 {
        self.before
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Note> + ExactSizeIterator {
        self.notes.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(at: i64, text: usize) -> Note {
        Note::Config {
            at: UnixNano(at),
            text: "x".repeat(text),
        }
    }

    fn times(notes: &Notes) -> Vec<i64> {
        let time = |note: &Note| match note {
            Note::Config { at, .. } => at.0,
            _ => 0,
        };
        notes.iter().map(time).collect()
    }

    #[test]
    fn notes_keep_their_numbers_whatever_goes() {
        let mut notes = Notes::default();
        (1..=4).for_each(|at| notes.push(note(at, 0)));
        notes.kept(2);
        assert_eq!((notes.before(), times(&notes)), (2, vec![3, 4]));
        notes.kept(1);
        assert_eq!(notes.before(), 2, "kept already");
        // One that is too heavy for the others stays alone.
        notes.push(note(5, 100 * WEIGHT_MAX));
        assert_eq!((notes.before(), times(&notes)), (4, vec![5]));
        notes.kept(9);
        notes.push(note(10, 0));
        assert_eq!((notes.before(), times(&notes)), (9, vec![10]));
    }
}
