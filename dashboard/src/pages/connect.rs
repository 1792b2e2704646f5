//! How to connect functions, and which platforms have done so.

use serde::Serialize;
use store::read::connect::{PlatformRow, platforms};

use crate::connect::{Block, Card, Doors};
use crate::format;
use crate::web::frame::{Frame, Sentence, Tone};
use crate::web::{Context, Format, PageError, Reply, Table};

#[derive(Serialize)]
struct CardView {
    slug: String,
    title: String,
    done: bool,
    state: String,
    blocks: Vec<Block>,
    open: bool,
}

#[derive(Serialize)]
struct ConnectView {
    http: String,
    grpc: String,
    keys_required: bool,
    only_here: bool,
    cards: Vec<CardView>,
}

pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let rows = platforms(ctx.store()).await?;
    if ctx.format != Format::Html {
        return Ok(Reply::Table(table(&rows)));
    }
    reply(ctx, &rows)
}

fn reply(ctx: &Context, rows: &[PlatformRow]) -> Result<Reply, PageError> {
    let doors = doors(ctx);
    let wanted = ctx.params.get("card");
    let cards: Vec<CardView> = ctx
        .app
        .cards
        .iter()
        .map(|card| card_view(ctx, card, rows, &doors, wanted))
        .collect();
    let view = ConnectView {
        only_here: is_local(&doors.http) && is_local(&doors.grpc),
        http: doors.http,
        grpc: doors.grpc,
        keys_required: doors.keys_required,
        cards,
    };
    let frame = Frame::new(ctx, "Connect", sentence(ctx, rows)).without_range();
    Reply::page("connect/page.html", frame, &view)
}

/// Where functions reach us: as configured, else where the collector listens.
fn doors(ctx: &Context) -> Doors {
    let app = &ctx.app;
    let or = |configured: &Option<String>, address: std::net::SocketAddr| {
        let given = configured
            .as_deref()
            .map(|url| url.trim_end_matches('/').to_owned());
        given.unwrap_or_else(|| format!("http://{address}"))
    };
    Doors {
        http: or(&app.config.public_otlp_http_url, app.ingest.http),
        grpc: or(&app.config.public_otlp_grpc_url, app.ingest.grpc),
        keys_required: app.keys_required,
        dashboard: or(&app.config.public_url, app.config.listen),
        password_required: app.config.has_password(),
    }
}

/// Whether an address leads nowhere but to this machine.
fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["127.", "localhost", "[::1]", "0.0.0.0", "[::]"]
        .iter()
        .any(|local| host.starts_with(local))
}

fn card_view(
    ctx: &Context,
    card: &Card,
    rows: &[PlatformRow],
    doors: &Doors,
    wanted: Option<&str>,
) -> CardView {
    let ticked = || {
        rows.iter()
            .filter(|row| card.is_ticked_by(&row.platform, &row.runtime))
    };
    let functions: u64 = ticked().map(|row| row.functions).sum();
    let first = ticked().map(|row| row.first_ms).min();
    let last = ticked().map(|row| row.last_ms).max();
    // A card without a platform is a way for any: it cannot be told which function came by it.
    let known = !card.platforms.is_empty();
    let state = match (first, last) {
        (Some(first), Some(last)) if known => format!(
            "{}, first data {}, last {}",
            format::counted(functions, "function", "functions"),
            ctx.range.clock.short(ctx.now_ms(), first),
            format::ago(ctx.now_ms(), last)
        ),
        _ if known => "no data yet".to_owned(),
        _ => "works with every platform".to_owned(),
    };
    CardView {
        slug: card.slug.clone(),
        title: card.title.clone(),
        done: known && last.is_some(),
        state,
        blocks: card.filled(doors),
        open: wanted == Some(card.slug.as_str()),
    }
}

fn sentence(ctx: &Context, rows: &[PlatformRow]) -> Sentence {
    let Some(last) = rows.iter().map(|row| row.last_ms).max() else {
        return Sentence::new(Tone::Quiet).say(
            "Nothing has arrived yet. Choose where your functions run; the first data tick it.",
        );
    };
    let functions: u64 = rows.iter().map(|row| row.functions).sum();
    let platforms: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row.platform.as_str()).collect();
    let platforms = platforms.len() as u64;
    Sentence::new(Tone::Good)
        .link(
            format::counted(functions, "function", "functions"),
            ctx.link("/functions", &[]),
        )
        .say(format!(
            " on {} {} data; the newest came {}.",
            format::counted(platforms, "platform", "platforms"),
            if functions == 1 { "sends" } else { "send" },
            format::ago(ctx.now_ms(), last)
        ))
}

fn table(rows: &[PlatformRow]) -> Table {
    let columns = &["platform", "runtime", "functions", "first_ms", "last_ms"];
    let mut table = Table::new("platforms", columns);
    for row in rows {
        table.row(vec![
            row.platform.as_str().into(),
            row.runtime.as_str().into(),
            row.functions.into(),
            row.first_ms.into(),
            row.last_ms.into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, html};

    #[test]
    fn the_first_data_tick_their_card_and_no_other() {
        let ctx = context("/connect", "");
        let row = PlatformRow {
            platform: "aws_lambda".to_owned(),
            runtime: "nodejs22.x".to_owned(),
            functions: 2,
            first_ms: ctx.now_ms() - 60_000,
            last_ms: ctx.now_ms() - 3_000,
        };
        let page = html(&ctx, reply(&ctx, &[row]));
        assert!(
            page.contains("class=\"card connect done\" id=\"aws-lambda-node\""),
            "{page}"
        );
        assert!(page.contains("class=\"card connect\" id=\"aws-lambda-python\""));
        assert!(page.contains("http://127.0.0.1:4318") && page.contains("YOUR_KEY"));
        let none = html(&ctx, reply(&ctx, &[]));
        assert!(none.contains("Nothing has arrived yet") && !none.contains("connect done"));
    }

    #[test]
    fn local_addresses_are_recognised() {
        for url in [
            "http://127.0.0.1:4318",
            "http://localhost:4318",
            "http://[::1]:4318",
        ] {
            assert!(is_local(url), "{url}");
        }
        assert!(!is_local("https://otlp.example.com"));
    }
}
