//! CSV `minute,good,total[,objective]`: rows in any order, of a minute that is told twice the later row
//! counts. A minute that is not told, or without a number, has no data.

use std::path::Path;

use analyzers::cost::decimal;
use analyzers::slo::Plan;
use analyzers::slo::units::{Counts, Events};

use crate::backtest::table::{self, Taken, quoted};
use crate::backtest::timestamp::{self, Spelling};

/// Counts may have six digits behind the point: they are kept in millionths of an event.
pub const EVENT: u64 = 1_000_000;
/// First to last minute: ten years. 16 bytes a minute and objective, and 64 for its sums: 422 MB.
const MINUTES_MAX: i64 = 10 * 366 * 24 * 60;

/// A file, read.
pub struct File {
    /// Of each objective of the plan, all from the same first to the same last minute.
    pub counts: Vec<Counts>,
    /// How minutes are spelled.
    pub spelling: Spelling,
}

struct Row {
    minute: i64,
    /// `None`: of all objectives.
    objective: Option<usize>,
    events: Events,
}

/// Reads a file; see [`table::read`] for what is left out and what is refused. Where a composite's rows do
/// not say which objective they are of, they are of each.
pub fn read(path: &Path, plan: &Plan) -> anyhow::Result<File> {
    let mut rows = Vec::new();
    let mut seen = None;
    table::read(
        path,
        &["minute", "good", "total"],
        &["objective"],
        |fields| take(fields, plan, &mut rows, &mut seen),
    )?;
    let minutes = || rows.iter().map(|row| row.minute);
    let (first, last) = (minutes().min().unwrap_or(0), minutes().max().unwrap_or(0));
    anyhow::ensure!(
        last - first < MINUTES_MAX,
        "{} spans {} days; ten years are the most that can be evaluated at once",
        path.display(),
        (last - first) / 1440
    );
    let length = usize::try_from(last - first + 1)?;
    let empty = Counts {
        first,
        minutes: vec![Events::default(); length],
    };
    let mut counts = vec![empty; plan.objectives.len()];
    for row in rows {
        let at = usize::try_from(row.minute - first)?;
        match row.objective {
            Some(objective) => counts[objective].minutes[at] = row.events,
            None => counts
                .iter_mut()
                .for_each(|counts| counts.minutes[at] = row.events),
        }
    }
    Ok(File {
        counts,
        spelling: seen.unwrap_or_default(),
    })
}

fn take(fields: &[&str], plan: &Plan, rows: &mut Vec<Row>, seen: &mut Option<Spelling>) -> Taken {
    let &[time, good, total, objective] = fields else {
        return Ok(Some("it has too few fields".to_owned()));
    };
    let Some((at, spelling)) = timestamp::parse(time) else {
        return Ok(Some(format!("{} is no time", quoted(time))));
    };
    let objective = match objective {
        "" => None,
        name => {
            let named = plan.objectives.iter().position(|one| one.name == name);
            let number = || name.parse::<usize>().ok()?.checked_sub(1);
            let found = named.or_else(number).filter(|n| *n < plan.objectives.len());
            match found {
                Some(found) => Some(found),
                None => return Ok(Some(format!("the SLO has no objective {}", quoted(name)))),
            }
        }
    };
    let events = match (count(good), count(total)) {
        (Ok(Some(good)), Ok(Some(total))) if good <= total => Events { good, total },
        (Ok(Some(_)), Ok(Some(_))) => {
            return Ok(Some(format!(
                "{} good of {} in total",
                quoted(good),
                quoted(total)
            )));
        }
        (Err(why), _) | (_, Err(why)) => return Ok(Some(why)),
        _ => Events::default(),
    };
    rows.push(Row {
        minute: at.0.div_euclid(60_000_000_000),
        objective,
        events,
    });
    seen.get_or_insert(spelling);
    Ok(None)
}

/// A count in millionths; `None` is no data.
fn count(text: &str) -> Result<Option<u64>, String> {
    let scaled = match text.parse::<u64>() {
        Ok(whole) => whole.checked_mul(EVENT),
        Err(_) if matches!(text.to_ascii_lowercase().as_str(), "" | "null" | "nan") => {
            return Ok(None);
        }
        Err(_) => {
            let refused = |_| format!("{} is no count", quoted(text));
            let scaled = decimal::parse(text).map_err(refused)? * decimal::Decimal::from(EVENT);
            decimal::text(&scaled).parse().ok()
        }
    };
    let wanted = "a count is 0 to 18,000,000,000,000 with at most six digits behind the point";
    scaled
        .map(Some)
        .ok_or_else(|| format!("{} is no count: {wanted}", quoted(text)))
}
