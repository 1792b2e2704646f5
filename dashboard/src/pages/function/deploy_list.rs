//! The deploys of a function: when, which version, who says so, what else changed.

use serde::Serialize;
use store::model::{Change, is_web_address};
use store::read::deploys::DeployRow;

use crate::format;
use crate::pages::deploys::{name, source};
use crate::web::Context;

/// Rows shown; the marks of the charts and the exports hold more.
const ROWS: usize = 20;
/// A commit is known by its first characters.
const COMMIT_CHARS: usize = 8;
/// Changes named in a row; the others are counted.
const CHANGES: usize = 3;

#[derive(Serialize)]
pub(super) struct DeployView {
    at: String,
    at_title: String,
    version: String,
    who: String,
    source: &'static str,
    sources: String,
    /// The commit, or whatever the link leads to.
    link: String,
    href: String,
    what: String,
    what_title: String,
}

/// The newest deploys first, as `rows` are.
pub(super) fn deploys(ctx: &Context, rows: &[DeployRow]) -> Vec<DeployView> {
    rows.iter().take(ROWS).map(|row| view(ctx, row)).collect()
}

fn view(ctx: &Context, row: &DeployRow) -> DeployView {
    let changes: Vec<String> = row.changes().iter().map(change).collect();
    let more = changes.len().saturating_sub(CHANGES);
    let mut told: Vec<String> = changes.iter().take(CHANGES).cloned().collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    let is_named_by_note = row.version.is_empty();
    if !(row.note.is_empty() || is_named_by_note) {
        told.insert(0, format::bounded(&row.note, 80));
    }
    DeployView {
        at: format::ago(ctx.now_ms(), row.at_ms),
        at_title: ctx.range.clock.exact(row.at_ms),
        version: format::bounded(&name(row), 40),
        who: format::bounded(&row.who, 60),
        source: source(row),
        sources: format!("told by {}", row.sources.join(", ")),
        link: match row.commit.as_str() {
            "" if row.url.is_empty() => String::new(),
            "" => "change".to_owned(),
            commit => commit.chars().take(COMMIT_CHARS).collect(),
        },
        // Kept as a link of the web only, and looked at again: others may write to the store.
        href: match is_web_address(&row.url) {
            true => row.url.clone(),
            false => String::new(),
        },
        what: told.join(", "),
        what_title: changes.join("\n"),
    }
}

/// `memory_mb 512 → 1024`.
fn change(change: &Change) -> String {
    let shown = |text: &str| format::bounded(text, 60);
    match (change.before.as_str(), change.after.as_str()) {
        ("", after) => format!("{} {}", shown(&change.what), shown(after)),
        (before, "") => format!("{} {} → gone", shown(&change.what), shown(before)),
        (before, after) => format!(
            "{} {} → {}",
            shown(&change.what),
            shown(before),
            shown(after)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    #[test]
    fn a_deploy_says_what_changed_and_only_the_web_is_linked() {
        let ctx = context("/functions/aws:1:eu:f", "");
        let row = DeployRow {
            version: "42".into(),
            at_ms: ctx.now_ms() - 60_000,
            source: "audit".into(),
            commit: "0123456789abcdef".into(),
            url: "javascript:alert(1)".into(),
            note: "alias live".into(),
            changes: r#"[{"what":"memory_mb","before":"512","after":"1024"},{"what":"layers","before":"a","after":""},
                {"what":"vpc","before":"","after":"changed"},{"what":"x","before":"","after":"y"}]"#
                .into(),
            ..DeployRow::default()
        };
        let views = deploys(&ctx, &[row]);
        assert_eq!(
            views[0].what,
            "alias live, memory_mb 512 → 1024, layers a → gone, vpc changed, and 1 more"
        );
        assert_eq!((views[0].href.as_str(), views[0].source), ("", "audit log"));
        assert_eq!(views[0].link, "01234567");
    }
}
