//! What all requests share.

use std::sync::Arc;

use analyzers::cost::Books;
use rust_embed::Embed;
use store::Store;
use store::model::UnixNano;
use tera::Tera;
use tokio::sync::Semaphore;

use crate::alerting::Alerting;
use crate::config::Config;
use crate::connect::Card;
use crate::door::Door;
use crate::server::{Clock, Deps, IngestAddresses, StartError};
use crate::web::assets::Assets;
use crate::web::frame::Frame;

/// Pages made at once: each asks ClickHouse up to eight questions of 512 MB at most.
const MAX_PAGES_AT_ONCE: usize = 16;

#[derive(Embed)]
#[folder = "templates/"]
struct Templates;

pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) books: Arc<Books>,
    pub(crate) slos: analyzers::slo::catalogue::Sources,
    pub(crate) assets: Assets,
    pub(crate) door: Arc<Door>,
    pub(crate) alerting: Option<Alerting>,
    pub(crate) config: Config,
    pub(crate) ingest: IngestAddresses,
    pub(crate) keys_required: bool,
    pub(crate) cards: Vec<Card>,
    pub(crate) pages: Semaphore,
    pub(crate) ready: crate::server::ReadyCheck,
    pub(crate) live: crate::live::LiveCheck,
    pub(crate) open: crate::open::OpenFindings,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    clock: Clock,
    tera: Tera,
}

impl App {
    pub(crate) fn new(config: Config, deps: Deps, clock: Clock) -> Result<Self, StartError> {
        Ok(Self {
            store: deps.store,
            books: deps.books,
            slos: deps.slos,
            assets: Assets::load(),
            door: Arc::new(Door::new(&config, Arc::clone(&clock))?),
            alerting: deps.alerting,
            config,
            ingest: deps.ingest,
            keys_required: deps.keys_required,
            cards: crate::connect::cards().map_err(StartError::Cards)?,
            pages: Semaphore::new(MAX_PAGES_AT_ONCE),
            ready: deps.ready,
            live: deps.live,
            open: crate::open::OpenFindings::default(),
            metrics: deps.metrics,
            clock,
            tera: parse_templates()?,
        })
    }

    pub(crate) fn now(&self) -> UnixNano {
        (self.clock)()
    }

    /// Fills a template with `frame` and `v`.
    pub(crate) fn render(
        &self,
        template: &str,
        frame: &Frame,
        view: tera::Value,
    ) -> Result<String, tera::Error> {
        let mut context = tera::Context::new();
        context.insert_value("frame", tera::Value::try_from_serializable(frame)?);
        context.insert_value("v", view);
        self.tera.render(template, &context)
    }
}

/// All templates, parsed once; a fault in one stops the start and never a page.
pub(crate) fn parse_templates() -> Result<Tera, StartError> {
    let mut tera = Tera::new();
    let mut texts = Vec::new();
    for name in Templates::iter() {
        if let Some(file) = Templates::get(&name) {
            texts.push((
                name.into_owned(),
                String::from_utf8_lossy(&file.data).into_owned(),
            ));
        }
    }
    tera.add_raw_templates(
        texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?;
    Ok(tera)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_templates_parse() {
        parse_templates().expect("templates");
    }

    /// `| safe` switches escaping off. It may stand behind drawings only, whose builder escapes.
    #[test]
    fn only_drawings_are_placed_unescaped() {
        for name in Templates::iter() {
            let file = Templates::get(&name).expect("a template");
            let text = String::from_utf8(file.data.into_owned()).expect("UTF-8");
            assert!(name.ends_with(".html"), "{name}: only .html is escaped");
            for (i, line) in text.lines().enumerate() {
                let pieces: Vec<&str> = line.split("| safe").collect();
                for before in &pieces[..pieces.len() - 1] {
                    assert!(
                        before.trim_end().ends_with("_svg"),
                        "{name}:{}: {line}",
                        i + 1
                    );
                }
                assert!(
                    !line.contains("style=\""),
                    "{name}:{}: the policy forbids it",
                    i + 1
                );
                assert!(
                    !line.contains(" onclick"),
                    "{name}:{}: the policy forbids it",
                    i + 1
                );
            }
        }
    }
}
