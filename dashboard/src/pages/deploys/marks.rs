//! Deploys as marks of charts: every chart of a time carries them.

use store::model::FunctionId;
use store::read::Window;
use store::read::deploys::{self, DeployRow, MAX_DEPLOYS};

use crate::format;
use crate::parts::chart::Mark;
use crate::web::{Context, PageError};

/// Most marks of a chart of one function, the newest ones; beside them the list says the rest.
const OF_FUNCTION_MAX: usize = 60;
/// Most marks of a chart of many functions: more would hide the chart behind them.
const OF_FLEET_MAX: usize = 24;

/// Marks of a function, or of all where `id` is empty.
pub(crate) async fn marks(ctx: &Context, window: Window, id: &str) -> Result<Vec<Mark>, PageError> {
    let rows = deploys::list(ctx.store(), window, id, MAX_DEPLOYS).await?;
    Ok(if id.is_empty() {
        of_fleet(&rows)
    } else {
        of_function(&rows)
    })
}

/// Marks of one function, oldest first. `rows` are newest first.
pub(crate) fn of_function(rows: &[DeployRow]) -> Vec<Mark> {
    let newest = rows.iter().take(OF_FUNCTION_MAX).rev();
    newest.map(|row| mark(row, super::name(row))).collect()
}

/// Marks of many functions, oldest first, named by function and version. `rows` are newest first.
pub(crate) fn of_fleet(rows: &[DeployRow]) -> Vec<Mark> {
    let newest = rows.iter().take(OF_FLEET_MAX).rev();
    let named = |row: &DeployRow| {
        let id = row.function_id.parse::<FunctionId>();
        let function = id.map_or_else(|_| row.function_id.clone(), |id| id.name);
        format!("{} {}", format::bounded(&function, 24), super::name(row))
    };
    newest.map(|row| mark(row, named(row))).collect()
}

fn mark(row: &DeployRow, text: String) -> Mark {
    Mark {
        at_ms: row.at_ms,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(i: i64) -> DeployRow {
        DeployRow {
            function_id: "aws:1:eu:check%3Aout".into(),
            version: i.to_string(),
            at_ms: i,
            ..DeployRow::default()
        }
    }

    #[test]
    fn the_newest_are_marked_oldest_first_and_never_more_than_a_chart_can_bear() {
        let rows: Vec<DeployRow> = (0..200).rev().map(row).collect();
        let own = of_function(&rows);
        assert_eq!(
            (own.len(), own[0].at_ms, own[59].text.as_str()),
            (60, 140, "199")
        );
        let all = of_fleet(&rows);
        assert_eq!((all.len(), all[23].text.as_str()), (24, "check:out 199"));
    }

    #[test]
    fn what_has_no_version_is_named_by_what_was_done() {
        let mut told = DeployRow::default();
        assert_eq!(of_function(&[told.clone()])[0].text, "a change");
        told.note = "published".into();
        assert_eq!(of_function(&[told])[0].text, "published");
    }
}
