//! A rule over single events.

use super::detection::{Context, Detection};
use super::event::View;
use super::fault::Refusal;
use super::header::Header;
use super::logsource::LogSource;
use super::yaml::Node;

/// A rule, compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it says of itself.
    pub header: Header,
    /// The events it looks at.
    pub source: LogSource,
    pub(super) detection: Detection,
    /// Each must hold too (or must not), from the filters that name this rule.
    pub(super) filters: Vec<Filter>,
    /// False if it only serves correlations.
    pub(super) told: bool,
}

/// A condition that a filter adds to a rule.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub detection: Detection,
    /// Whether the rule keeps what fits; else it loses it.
    pub keeps: bool,
}

impl Rule {
    pub(super) fn read(
        node: &Node,
        file: &str,
        context: &mut Context<'_>,
    ) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let header = Header::read(node, file).map_err(|refusal| refusals.push(refusal));
        let source = LogSource::read(node).map_err(|refusal| refusals.push(refusal));
        let detection = match node.get("detection") {
            None => {
                let reason = "`detection` is missing".to_owned();
                refusals.push(Refusal {
                    at: node.at,
                    reason,
                });
                Err(())
            }
            Some(detection) => {
                let any = LogSource::default();
                Detection::read(detection, &[], source.as_ref().unwrap_or(&any), context)
                    .map_err(|more| refusals.extend(more))
            }
        };
        match (header, source, detection) {
            (Ok(header), Ok(source), Ok(detection)) => Ok(Self {
                header,
                source,
                detection,
                filters: Vec::new(),
                told: true,
            }),
            _ => Err(refusals),
        }
    }

    pub(super) fn holds(&self, view: &View<'_>) -> bool {
        let filtered = |filter: &Filter| filter.detection.holds(view) == filter.keeps;
        self.detection.holds(view) && self.filters.iter().all(filtered)
    }
}
