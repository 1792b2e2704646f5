//! Who is behind a function's spend: the caller that most of the additional runs come from. Asked once, when
//! a finding about spend opens; spans are not kept as long as findings are.

use store::model::finding::Suspect;
use store::model::{Finding, FunctionId};
use store::read::Window;
use store::read::callers::{self, Caller};
use store::{Store, StoreError};

use crate::detectors::costs::words::count;

/// At most so much of the time since the change, and as much of the day before it, is looked at, ms.
const LOOK_MAX_MS: f64 = 24.0 * HOUR_MS;
const HOUR_MS: f64 = 3_600_000.0;
/// Runs have to have grown by this share before callers are held to account.
const GROWN: f64 = 0.2;
/// A caller with no more than this share of the growth explains nothing.
const SHARE_MIN: f64 = 0.5;

/// Whether callers may explain this finding.
pub(super) fn may_explain(finding: &Finding) -> bool {
    let costs = [
        "cost_runaway",
        "cost_spike",
        "cost_step",
        "cost_leak",
        "cost_new_spender",
    ];
    !finding.function_id.is_empty() && costs.contains(&finding.kind.as_str())
}

/// The caller that explains a finding about spend, if one does.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn ask(store: &Store, finding: &Finding) -> Result<Option<Suspect>, StoreError> {
    let (began, detected) = (finding.began_at, finding.detected_at);
    let length_ms = ((detected.0 - began.0) as f64 / 1e6).clamp(HOUR_MS, LOOK_MAX_MS);
    let since = Window {
        from: began.max(detected.plus_millis(-length_ms)),
        to: detected,
    };
    // A day earlier it was the same hour of the day.
    let day_before = began.plus_millis(-LOOK_MAX_MS);
    let before = Window {
        from: day_before,
        to: day_before.plus_millis(length_ms),
    };
    let rows = callers::of(store, &finding.function_id, before, since).await?;
    let hours = |window: &Window| (window.to.0 - window.from.0) as f64 / 1e6 / HOUR_MS;
    Ok(suspect(
        &rows,
        &finding.function_id,
        hours(&before),
        hours(&since),
    ))
}

/// The caller of most additional runs.
fn suspect(rows: &[Caller], id: &str, before_h: f64, since_h: f64) -> Option<Suspect> {
    let an_hour = |row: &Caller| match row.after {
        true => row.runs as f64 / since_h,
        false => row.runs as f64 / before_h,
    };
    let sum = |after: bool| {
        rows.iter()
            .filter(|r| r.after == after)
            .map(an_hour)
            .sum::<f64>()
    };
    let (usual, now) = (sum(false), sum(true));
    let grown = now - usual;
    if grown < GROWN * usual || grown <= 0.0 {
        return None;
    }
    let was = |caller: &str| {
        let row = rows.iter().find(|r| !r.after && r.caller == caller);
        row.map_or(0.0, an_hour)
    };
    let known = rows.iter().filter(|r| r.after && !r.caller.is_empty());
    let more = known.map(|row| (row.caller.as_str(), was(&row.caller), an_hour(row)));
    let (caller, from, to) = more.max_by(|a, b| (a.2 - a.1).total_cmp(&(b.2 - b.1)))?;
    let share = ((to - from) / grown).min(1.0);
    if share <= SHARE_MIN {
        return None;
    }
    let (from, to) = (count(from), count(to));
    let how = format!(
        "{:.0} % of the additional calls are its ({from} → {to} an hour)",
        share * 100.0
    );
    Some(match caller == id {
        true => Suspect {
            what: "its calls of itself".to_owned(),
            why: how,
            weight: 0.97,
        },
        false => Suspect {
            what: format!("its caller {}", name(caller)),
            why: how,
            weight: 0.4 + 0.45 * share,
        },
    })
}

fn name(id: &str) -> String {
    id.parse::<FunctionId>()
        .map_or_else(|_| id.to_owned(), |id| id.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(after: bool, caller: &str, runs: u64) -> Caller {
        Caller {
            after,
            caller: caller.to_owned(),
            runs,
        }
    }

    const ID: &str = "aws:1:eu-central-1:resize";
    const SHOP: &str = "aws:1:eu-central-1:shop";

    #[test]
    fn the_caller_of_most_additional_runs_is_named() {
        let rows = [
            row(false, "", 400),
            row(false, SHOP, 100),
            row(true, "", 420),
            row(true, SHOP, 900),
        ];
        let found = suspect(&rows, ID, 1.0, 1.0).expect("one");
        assert_eq!(found.what, "its caller shop");
        assert_eq!(
            found.why,
            "98 % of the additional calls are its (100 → 900 an hour)"
        );
    }

    #[test]
    fn calls_of_itself_come_before_all_else() {
        let rows = [
            row(false, "", 400),
            row(true, "", 400),
            row(true, ID, 3_000),
        ];
        let found = suspect(&rows, ID, 1.0, 1.0).expect("one");
        assert!(
            found.what == "its calls of itself" && found.weight > 0.95,
            "{found:?}"
        );
    }

    #[test]
    fn nobody_is_named_where_runs_did_not_grow_or_all_grew_together() {
        assert_eq!(
            suspect(&[row(false, SHOP, 240), row(true, SHOP, 11)], ID, 24.0, 1.0),
            None
        );
        let two = |after, runs| {
            [
                row(after, SHOP, runs),
                row(after, "aws:1:eu-central-1:b", runs),
            ]
        };
        let rows = [two(false, 100), two(true, 300)].concat();
        assert_eq!(suspect(&rows, ID, 1.0, 1.0), None);
        let outside = [row(false, "", 10), row(true, "", 1_000), row(true, SHOP, 5)];
        assert_eq!(suspect(&outside, ID, 1.0, 1.0), None);
    }
}
