//! What the address of the list asks for.

use analyzers::findings::kinds::{self, Group, KINDS};
use store::model::{Finding, Severity, State};
use store::read::Window;

use super::words;
use crate::range::BadParameter;
use crate::web::Context;
use crate::web::form::Choice;

/// Groups of kinds as the address spells them.
const GROUPS: [(&str, Group); 6] = [
    ("regressions", Group::Regression),
    ("costs", Group::Cost),
    ("forecasts", Group::Forecast),
    ("operations", Group::Operation),
    ("objectives", Group::Objective),
    ("threats", Group::Threat),
];

/// What is listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// `None` for all.
    pub(super) state: Option<State>,
    /// A kind or a group of them, as the address spells it; empty for all.
    pub(super) kind: String,
    /// The least severity.
    pub(super) severity: Option<Severity>,
    /// A function's id, or a part of a name; empty for all.
    pub(super) function: String,
    /// Page of the list, from 0.
    pub(super) page: usize,
}

impl Asked {
    pub(super) fn read(ctx: &Context) -> Result<Self, BadParameter> {
        let state = match ctx.params.get("state") {
            None => Some(State::Open),
            Some("all") => None,
            Some(word) => Some(State::parse(word).ok_or_else(|| {
                BadParameter::new("state", word, "open, closed, held, retracted or all")
            })?),
        };
        let severity = ctx.params.get("severity").map(|word| {
            Severity::parse(word).ok_or_else(|| {
                BadParameter::new("severity", word, "info, low, medium, high or critical")
            })
        });
        let kind = ctx.params.text("kind");
        if !kind.is_empty() && group(&kind).is_none() && kinds::find(&kind).is_none() {
            let reason = "regressions, costs, forecasts, operations, objectives, threats or the name of a kind";
            return Err(BadParameter::new("kind", &kind, reason));
        }
        Ok(Self {
            state,
            kind,
            severity: severity.transpose()?,
            function: ctx.params.text("function"),
            page: page_number(ctx)?,
        })
    }

    /// Whether a finding is listed, whatever its state.
    pub(super) fn takes(&self, finding: &Finding, window: Window) -> bool {
        let kind = match group(&self.kind) {
            _ if self.kind.is_empty() => true,
            Some(group) => words::group(finding) == Some(group),
            None => finding.kind == self.kind,
        };
        kind && self.severity.is_none_or(|least| finding.severity >= least)
            && self.is_of(finding)
            && held_within(finding, window)
    }

    /// A whole id means that function alone; anything shorter any whose name holds it.
    fn is_of(&self, finding: &Finding) -> bool {
        if self.function.is_empty() {
            return true;
        }
        if self.function.matches(':').count() >= 3 {
            return finding.function_id == self.function;
        }
        let wanted = self.function.to_lowercase();
        [&finding.function_id, &finding.subject]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    }

    pub(super) fn is_filtered(&self) -> bool {
        !self.kind.is_empty() || self.severity.is_some() || !self.function.is_empty()
    }

    pub(super) fn kinds(&self) -> Vec<Choice> {
        let choice = |value: &str, label: &str| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            selected: self.kind == value,
        };
        let mut choices = Vec::new();
        for (name, group) in GROUPS {
            choices.push(choice(name, group.title()));
            let own = KINDS.iter().filter(|kind| kind.group == group);
            choices.extend(own.map(|kind| choice(kind.name, &format!("– {}", kind.words))));
        }
        choices
    }

    pub(super) fn severities(&self) -> Vec<Choice> {
        let least = Severity::ALL.iter().skip(1).rev();
        least
            .map(|severity| Choice {
                value: severity.as_str().to_owned(),
                label: match severity {
                    Severity::Critical => "critical".to_owned(),
                    other => format!("{} or worse", other.as_str()),
                },
                selected: self.severity == Some(*severity),
            })
            .collect()
    }
}

/// The group that the address spells so.
fn group(word: &str) -> Option<Group> {
    GROUPS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, group)| *group)
}

/// Whether it held at some time within the window. What is open holds until now.
fn held_within(finding: &Finding, window: Window) -> bool {
    let ended = match finding.state {
        State::Open => None,
        _ => Some(finding.closed_at.unwrap_or(finding.updated_at)),
    };
    finding.began_at < window.to && ended.is_none_or(|ended| ended >= window.from)
}

fn page_number(ctx: &Context) -> Result<usize, BadParameter> {
    let Some(text) = ctx.params.get("page") else {
        return Ok(0);
    };
    match text.parse::<usize>() {
        Ok(n @ 1..=1_000) => Ok(n - 1),
        _ => Err(BadParameter::new("page", text, "a number from 1 to 1000")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, finding};

    fn takes(query: &str, finding: &Finding) -> bool {
        let ctx = context("/findings", query);
        let asked = Asked::read(&ctx).expect("an address");
        asked.takes(finding, ctx.window())
    }

    #[test]
    fn kinds_are_asked_for_one_by_one_or_by_group() {
        let regression = finding("cold_start_regression");
        for (query, want) in [
            ("", true),
            ("kind=regressions", true),
            ("kind=costs", false),
            ("kind=cold_start_regression", true),
            ("kind=cold_start_shift", false),
            ("severity=medium", true),
            ("severity=high", false),
        ] {
            assert_eq!(takes(query, &regression), want, "{query}");
        }
    }

    #[test]
    fn a_whole_id_means_that_function_alone() {
        let one = finding("cold_start_regression");
        assert!(takes(
            "function=aws:123456789012:eu-central-1:checkout",
            &one
        ));
        assert!(!takes("function=aws:123456789012:eu-central-1:check", &one));
        assert!(takes("function=CHECK", &one) && !takes("function=cart", &one));
    }

    #[test]
    fn what_ended_before_the_time_is_left_out_and_what_is_open_is_not() {
        let mut one = finding("cold_start_regression");
        let later = "from=now-1h&to=now-30m";
        assert!(takes(later, &one), "open since two hours");
        one.state = State::Closed;
        one.closed_at = Some(one.began_at);
        assert!(!takes(later, &one));
        assert!(takes("", &one), "30 days are shown by default");
    }
}
