//! The whole state as changes: what a journal begins with once the older changes are left out.

use super::{Change, Group, State};

impl State {
    /// Changes that make this state out of nothing.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let alerts = self.alerts.values();
        let alerts = alerts.map(|held| Change::AlertPut(held.alert.clone()));
        let groups = self.groups.iter();
        let groups = groups.flat_map(|(id, group)| group_changes(*id, group));
        // Before the messages, which it would amend.
        let log = self.log.iter().map(|(place, entry)| Change::Logged {
            place: place.clone(),
            entry: entry.clone(),
        });
        let silences = self.silences.iter().cloned().map(Change::SilencePut);
        let disabled = self
            .disabled
            .iter()
            .map(|(way, disabled)| Change::Disabled {
                integration: way.clone(),
                settings: disabled.settings.clone(),
                at: disabled.at,
            });
        let notes = self.notes.iter().cloned().map(Change::Noted);
        alerts
            .chain(groups)
            .chain([Change::Numbered(self.last_group)])
            .chain(log)
            .chain(self.delivered.changes())
            .chain(self.outbox.changes())
            .chain(silences)
            .chain(disabled)
            .chain([Change::Kept(self.notes.before())])
            .chain(notes)
    }
}

fn group_changes(id: u64, group: &Group) -> impl Iterator<Item = Change> + '_ {
    let opened = Change::GroupOpened {
        group: id,
        path: group.path.clone(),
        key: group.key.clone(),
        labels: group.labels.clone(),
        next_at: group.next_at,
    };
    let joined = group.alerts.iter().map(move |alert| Change::Joined {
        group: id,
        alert: *alert,
    });
    let flushed = group.flushed_at.map(|at| Change::Flushed {
        group: id,
        at,
        next_at: group.next_at,
        muted_by: group.muted_by.clone(),
    });
    let looked = group.looked.map(|hash| Change::Looked { group: id, hash });
    std::iter::once(opened)
        .chain(joined)
        .chain(flushed)
        .chain(looked)
}
