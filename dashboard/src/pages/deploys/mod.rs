//! Deploys: the list for programs, the door for announcements, and the marks that every chart carries.

pub(crate) mod announce;
pub(crate) mod body;
pub(crate) mod marks;
mod whom;

use store::read::deploys::{self, DeployRow};

use crate::range::BadParameter;
use crate::web::{Cell, Context, PageError, Reply, Table};

/// Deploys of an export.
const EXPORT_ROWS: u32 = 5_000;

/// The deploys of a time, of one function (by its id or a name that is unique) or of all.
pub(crate) async fn list(ctx: &Context) -> Result<Reply, PageError> {
    let asked = ctx.params.text("function");
    let id = match asked.as_str() {
        "" => String::new(),
        asked => {
            let whom = whom::Whom::of([asked]);
            let known = deploys::called(ctx.store(), &whom.ids, &whom.names).await?;
            whom::resolve(asked, &known)
                .map_err(|none| BadParameter::new("function", asked, none.next()))?
        }
    };
    let rows = deploys::list(ctx.store(), ctx.window(), &id, EXPORT_ROWS).await?;
    Ok(Reply::Table(table(&rows)))
}

fn table(rows: &[DeployRow]) -> Table {
    let columns = &[
        "function_id",
        "version",
        "at_ms",
        "source",
        "told_by",
        "by",
        "commit",
        "url",
        "note",
        "changes",
    ];
    let mut table = Table::new("deploys", columns);
    for row in rows {
        table.row(vec![
            row.function_id.as_str().into(),
            row.version.as_str().into(),
            row.at_ms.into(),
            row.source.as_str().into(),
            Cell::Json(serde_json::json!(row.sources)),
            row.who.as_str().into(),
            row.commit.as_str().into(),
            row.url.as_str().into(),
            row.note.as_str().into(),
            Cell::Json(serde_json::json!(row.changes())),
        ]);
    }
    table.truncated(rows.len() >= EXPORT_ROWS as usize)
}

/// What a deploy is called: its version, or what is known instead.
pub(crate) fn name(row: &DeployRow) -> String {
    match (row.version.as_str(), row.note.as_str()) {
        ("", "") => "a change".to_owned(),
        ("", note) => crate::format::bounded(note, 40),
        (version, _) => version.to_owned(),
    }
}

/// Who told of a deploy, in words.
pub(crate) fn source(row: &DeployRow) -> &'static str {
    match row.source.as_str() {
        "api" => "announced",
        "audit" => "audit log",
        _ => "seen in telemetry",
    }
}
