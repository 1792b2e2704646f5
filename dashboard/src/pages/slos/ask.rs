//! What is known of SLOs now: each group of each with its budget, its burn rates and its alert.

use analyzers::slo::alerts::State;
use analyzers::slo::catalogue::{Catalogue, Entry};
use analyzers::slo::evaluate::Line;
use analyzers::slo::keep::burn::KIND;
use analyzers::slo::keep::{book, closed_minute, reckon};
use analyzers::slo::period::Stretch;
use analyzers::slo::report::{Health, Pace};
use analyzers::slo::units::Pair;
use store::findings::{self, Filter};
use store::model::Finding;
use store::slos;

use crate::web::{Context, PageError};

/// A group of an SLO.
pub(super) struct Row {
    /// Which entry of the catalogue.
    pub(super) entry: usize,
    /// The group as the store spells it.
    pub(super) group: String,
    pub(super) line: Line,
    /// Of the period so far.
    pub(super) events: Pair,
    /// Bad events of the last hour.
    pub(super) hour_bad: i128,
    pub(super) so_far: Stretch,
    pub(super) period_minutes: i64,
    /// The finding that is open of it.
    pub(super) open: Option<Finding>,
}

impl Row {
    pub(super) fn health(&self) -> Health {
        Health::of(&self.line, self.open.is_some())
    }

    /// How fast it burns, by the last hour.
    pub(super) fn pace(&self) -> Pace {
        Pace::of(&self.line, 60, self.period_minutes)
    }

    /// What is burnt within the last hour, for sorting.
    fn burn(&self) -> f64 {
        self.pace().burn.unwrap_or(-1.0)
    }

    pub(super) fn group_name(&self) -> String {
        book::spelled(&self.group)
    }
}

/// Everything.
pub(super) struct Known {
    pub(super) catalogue: Catalogue,
    /// Those that burn first.
    pub(super) rows: Vec<Row>,
    /// The minute that closed last.
    pub(super) minute: i64,
}

impl Known {
    pub(super) fn entry(&self, row: &Row) -> &Entry {
        &self.catalogue.entries[row.entry]
    }
}

/// All SLOs there are.
pub(super) async fn catalogue(ctx: &Context) -> Result<Catalogue, PageError> {
    let objects = slos::list(ctx.store()).await?;
    Ok(ctx.app.slos.read(&objects))
}

/// All SLOs, or one by its name.
pub(super) async fn known(ctx: &Context, name: Option<&str>) -> Result<Known, PageError> {
    let mut catalogue = catalogue(ctx).await?;
    if let Some(name) = name {
        catalogue.entries.retain(|entry| entry.plan.name == name);
    }
    let minute = closed_minute(ctx.now.as_secs());
    let filter = Filter {
        state: "open".to_owned(),
        kind: KIND.to_owned(),
        ..Filter::default()
    };
    let store = ctx.store();
    let groups = reckon::groups(store, &catalogue.entries, minute);
    let (groups, open) = tokio::try_join!(groups, findings::heads(store, &filter))?;
    let last_hour = Stretch {
        begin: minute + 1 - 60,
        end: minute + 1,
    };
    let row = |group: reckon::Group| {
        let entry = &catalogue.entries[group.entry];
        let (so_far, period_minutes) = reckon::period(entry, minute);
        let rates = reckon::thresholds(entry, minute);
        let mut states = vec![State::default(); entry.plan.rules.len()];
        let detail = book::detail(entry, &group.name);
        Row {
            line: group.line(entry, so_far, &rates, &mut states),
            events: group.events(so_far),
            hour_bad: group.events(last_hour).bad,
            open: open
                .iter()
                .find(|finding| finding.detail == detail)
                .cloned(),
            entry: group.entry,
            group: group.name,
            so_far,
            period_minutes,
        }
    };
    let mut rows: Vec<Row> = groups.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        let order = a
            .health()
            .cmp(&b.health())
            .then(b.burn().total_cmp(&a.burn()));
        order.then_with(|| (a.entry, &a.group).cmp(&(b.entry, &b.group)))
    });
    Ok(Known {
        catalogue,
        rows,
        minute,
    })
}
