//! `$LATEST` is changed first and published as a version after: one deploy, told in two or three entries.

use super::Audited;

/// How long a change of `$LATEST` waits for the version that is made of it, ms: pipelines publish as soon as
/// the update has been taken up, which is seconds.
pub const PUBLISH_MS: f64 = 120_000.0;

/// Puts changes of `$LATEST` into the version that was published of them, which keeps its own time and takes
/// who and what changed from them. Gives the changes in their order of time.
#[must_use]
pub fn fold(mut changes: Vec<Audited>) -> Vec<Audited> {
    changes.sort_by_key(|change| change.at);
    let mut folded: Vec<Audited> = Vec::with_capacity(changes.len());
    for mut change in changes {
        if change.version != "$LATEST" && !change.version.is_empty() {
            let since = change.at.plus_millis(-PUBLISH_MS);
            folded.retain(|earlier| {
                let is_of_it = earlier.version == "$LATEST"
                    && earlier.function == change.function
                    && earlier.at >= since;
                if is_of_it {
                    take(&mut change, earlier);
                }
                !is_of_it
            });
        }
        folded.push(change);
    }
    folded
}

fn take(change: &mut Audited, earlier: &Audited) {
    let (own, from) = (&mut change.words, &earlier.words);
    for (own, from) in [(&mut own.who, &from.who), (&mut own.commit, &from.commit)] {
        if own.is_empty() {
            own.clone_from(from);
        }
    }
    for one in &from.changes {
        match own.changes.iter_mut().find(|known| known.what == one.what) {
            Some(known) if known.before.is_empty() => known.before.clone_from(&one.before),
            Some(_) => {}
            None => own.changes.push(one.clone()),
        }
    }
}
