//! The snippets of `deploy/connect/`: one source for the Connect page and for the documents in
//! `deploy/`.
//!
//! A file is Markdown of the plainest kind (paragraphs, fenced code, inline code, list items) that
//! reads well by itself: it names the default doors on localhost and `YOUR_KEY`, and the page puts
//! the true ones in their place.

use rust_embed::Embed;
use serde::Serialize;

/// What stands for the OTLP/HTTP door in the files.
const HTTP_DOOR: &str = "http://localhost:4318";
/// What stands for the OTLP/gRPC door in the files.
const GRPC_DOOR: &str = "http://localhost:4317";
/// What stands for an ingest key; lines that name it are left out where no key is asked for.
const KEY: &str = "YOUR_KEY";
/// What stands for the dashboard in the files.
const DASHBOARD: &str = "http://localhost:8080";
/// What stands for its password; lines that name it are left out where there is none.
const PASSWORD: &str = "YOUR_PASSWORD";

#[derive(Embed)]
#[folder = "../deploy/connect/"]
struct Files;

/// One card of the Connect page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    /// The file's name without `.md`; the card's anchor.
    pub(crate) slug: String,
    pub(crate) title: String,
    /// Platforms whose data tick the card; empty for "any".
    pub(crate) platforms: Vec<String>,
    /// Runtimes whose data tick the card, by their beginning; empty for "any".
    pub(crate) runtimes: Vec<String>,
    order: u32,
    blocks: Vec<Block>,
}

/// A paragraph, an item or a piece of code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Block {
    pub(crate) kind: &'static str,
    /// Pieces of text, each plain or code.
    pub(crate) spans: Vec<(bool, String)>,
    pub(crate) code: String,
    pub(crate) file: String,
}

/// Where data go, as a function sees it.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    pub(crate) http: String,
    pub(crate) grpc: String,
    pub(crate) keys_required: bool,
    /// Where pipelines reach the dashboard and its API.
    pub(crate) dashboard: String,
    pub(crate) password_required: bool,
}

impl Doors {
    /// Whether a text is of use: it names no secret that is not asked for.
    fn wants(&self, text: &str) -> bool {
        (self.keys_required || !text.contains(KEY))
            && (self.password_required || !text.contains(PASSWORD))
    }
}

/// All cards in their order.
///
/// # Errors
/// Which file is wrong and how.
pub(crate) fn cards() -> Result<Vec<Card>, String> {
    let mut cards = Vec::new();
    for name in Files::iter() {
        let Some(slug) = name.strip_suffix(".md").filter(|slug| *slug != "README") else {
            continue;
        };
        let Some(file) = Files::get(&name) else {
            continue;
        };
        let text = String::from_utf8_lossy(&file.data).into_owned();
        cards.push(parse(slug, &text).map_err(|fault| format!("{name}: {fault}"))?);
    }
    cards.sort_by(|a, b| (a.order, &a.slug).cmp(&(b.order, &b.slug)));
    Ok(cards)
}

fn parse(slug: &str, text: &str) -> Result<Card, String> {
    let rest = text
        .strip_prefix("---\n")
        .ok_or("it does not begin with front matter")?;
    let (head, body) = rest
        .split_once("\n---\n")
        .ok_or("its front matter does not end")?;
    let mut card = Card {
        slug: slug.to_owned(),
        title: String::new(),
        platforms: Vec::new(),
        runtimes: Vec::new(),
        order: u32::MAX,
        blocks: blocks(body),
    };
    for line in head.lines() {
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| format!("`{line}` has no colon"))?;
        let value = value.trim();
        let list = || {
            value
                .split(',')
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
                .collect()
        };
        match key.trim() {
            "title" => card.title = value.to_owned(),
            "platform" => card.platforms = list(),
            "runtime" => card.runtimes = list(),
            "order" => card.order = value.parse().map_err(|_| format!("order: {value}"))?,
            other => return Err(format!("unknown key {other}")),
        }
    }
    if card.title.is_empty() || card.blocks.is_empty() {
        return Err("it has no title or no text".to_owned());
    }
    Ok(card)
}

fn blocks(body: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    let mut lines = body.lines();
    let flush = |paragraph: &mut String, blocks: &mut Vec<Block>| {
        if !paragraph.is_empty() {
            let text = std::mem::take(paragraph);
            let item = text.strip_prefix("- ").map(str::to_owned);
            blocks.push(Block {
                kind: if item.is_some() { "item" } else { "text" },
                spans: spans(item.as_deref().unwrap_or(&text)),
                code: String::new(),
                file: String::new(),
            });
        }
    };
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            flush(&mut paragraph, &mut blocks);
            // After the language a name of the file the code belongs into may stand.
            let file = info.split_once(' ').map_or("", |(_, file)| file.trim());
            let code: Vec<&str> = lines
                .by_ref()
                .take_while(|l| !l.starts_with("```"))
                .collect();
            blocks.push(Block {
                kind: "code",
                spans: Vec::new(),
                code: code.join("\n"),
                file: file.to_owned(),
            });
        } else if line.trim().is_empty() || line.starts_with("- ") {
            flush(&mut paragraph, &mut blocks);
            paragraph.push_str(line.trim());
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    flush(&mut paragraph, &mut blocks);
    blocks
}

fn spans(text: &str) -> Vec<(bool, String)> {
    text.split('`')
        .enumerate()
        .map(|(i, piece)| (i % 2 == 1, piece.to_owned()))
        .filter(|(_, piece)| !piece.is_empty())
        .collect()
}

impl Card {
    /// The card's blocks with the true doors in them.
    pub(crate) fn filled(&self, doors: &Doors) -> Vec<Block> {
        let fill = |text: &str| {
            text.replace(HTTP_DOOR, &doors.http)
                .replace(GRPC_DOOR, &doors.grpc)
                .replace(DASHBOARD, &doors.dashboard)
        };
        self.blocks
            .iter()
            .filter(|block| block.spans.iter().all(|(_, text)| doors.wants(text)))
            .map(|block| {
                let keep = |line: &&str| doors.wants(line);
                let code: Vec<&str> = block.code.lines().filter(keep).collect();
                Block {
                    spans: block
                        .spans
                        .iter()
                        .map(|(code, text)| (*code, fill(text)))
                        .collect(),
                    code: fill(&code.join("\n")),
                    ..block.clone()
                }
            })
            .collect()
    }

    /// Whether data of this platform and runtime tick the card.
    pub(crate) fn is_ticked_by(&self, platform: &str, runtime: &str) -> bool {
        let any = |wanted: &[String], is: &dyn Fn(&String) -> bool| {
            wanted.is_empty() || wanted.iter().any(is)
        };
        any(&self.platforms, &|wanted| wanted == platform)
            && any(&self.runtimes, &|wanted| {
                runtime.starts_with(wanted.as_str())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "---\ntitle: A, B\nplatform: aws_lambda, other\nruntime: nodejs\n\
        order: 3\n---\n\
        Set `X` and\nsend to http://localhost:4318.\n\n- one `item`\n- two\n\n\
        ```sh env.sh\ncurl http://localhost:4318\nkey=YOUR_KEY\ngrpc http://localhost:4317\n```\n";

    fn doors(keys_required: bool) -> Doors {
        let http = "https://otlp.example".to_owned();
        Doors {
            http,
            grpc: "https://grpc.example".to_owned(),
            keys_required,
            dashboard: "https://observe.example".to_owned(),
            password_required: keys_required,
        }
    }

    #[test]
    fn a_file_becomes_a_card_with_the_true_doors() {
        let card = parse("x", TEXT).expect("a card");
        assert_eq!((card.title.as_str(), card.order), ("A, B", 3));
        let blocks = card.filled(&doors(true));
        let kinds: Vec<&str> = blocks.iter().map(|block| block.kind).collect();
        assert_eq!(kinds, ["text", "item", "item", "code"]);
        assert_eq!(blocks[0].spans[1], (true, "X".to_owned()));
        assert!(
            blocks[0].spans[2]
                .1
                .ends_with("send to https://otlp.example.")
        );
        assert_eq!(blocks[3].file, "env.sh");
        assert_eq!(
            blocks[3].code,
            "curl https://otlp.example\nkey=YOUR_KEY\ngrpc https://grpc.example"
        );
        assert!(!card.filled(&doors(false))[3].code.contains("YOUR_KEY"));
    }

    #[test]
    fn data_tick_the_card_of_their_platform_and_runtime() {
        let card = parse("x", TEXT).expect("a card");
        assert!(card.is_ticked_by("aws_lambda", "nodejs22.x"));
        assert!(!card.is_ticked_by("aws_lambda", "python3.13"));
        assert!(!card.is_ticked_by("knative", "nodejs"));
    }

    #[test]
    fn faulty_files_are_named() {
        for text in [
            "",
            "---\ntitle: x\n",
            "---\nfoo: x\n---\ny\n",
            "---\ntitle: x\n---\n",
        ] {
            assert!(parse("x", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn all_shipped_cards_parse_and_name_a_door() {
        let cards = cards().expect("cards");
        assert!(cards.len() >= 12, "{}", cards.len());
        for card in &cards {
            let text = format!("{:?}", card.filled(&doors(true)));
            assert!(text.contains(".example"), "{} names no door", card.slug);
            assert!(
                text.contains(KEY) || text.contains(PASSWORD),
                "{} does not say where the key goes",
                card.slug
            );
            let without = format!("{:?}", card.filled(&doors(false)));
            assert!(
                !(without.contains(KEY) || without.contains(PASSWORD)),
                "{}",
                card.slug
            );
        }
        let mut orders: Vec<u32> = cards.iter().map(|card| card.order).collect();
        orders.dedup();
        assert_eq!(orders.len(), cards.len(), "two cards have one place");
    }
}
