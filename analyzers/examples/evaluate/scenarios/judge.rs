//! Which incidents were found, and which findings nobody can explain.

use std::collections::BTreeMap;

use store::model::{Finding, Scope, State};

use super::cases::Case;
use super::round::{Played, Round};

/// A finding still belongs to an incident so long after its time, s: what was learnt during it has to
/// be forgotten first.
const AFTERMATH_S: i64 = 86_400;

/// What became of one case over all rounds.
#[derive(Default)]
pub struct Outcome {
    pub played: usize,
    /// Of those found, after how many minutes.
    pub delays_min: Vec<f64>,
    /// What they were told to be: the relative change.
    pub relative: Vec<f64>,
    /// Findings of other kinds about the same function and time.
    pub also: BTreeMap<String, usize>,
}

/// What all rounds amount to.
#[derive(Default)]
pub struct Tally {
    /// By the case's name, in the order of the cases.
    pub outcomes: Vec<(&'static Case, Outcome)>,
    /// Findings that nothing explains, by kind.
    pub false_alarms: BTreeMap<String, usize>,
    pub rounds: usize,
}

impl Tally {
    /// Adds a round.
    pub fn add(&mut self, round: &Round) {
        self.rounds += 1;
        for played in &round.played {
            self.outcome(played.case).played += 1;
        }
        let mut told: Vec<&Finding> = round.told.iter().collect();
        told.retain(|finding| finding.state != State::Held);
        told.sort_by_key(|finding| finding.detected_at);
        let mut found = vec![false; round.played.len()];
        for finding in told {
            match cause(finding, &round.played) {
                Some(n) => self.explained(finding, &round.played[n], &mut found[n]),
                None => *self.false_alarms.entry(finding.kind.clone()).or_default() += 1,
            }
        }
    }

    fn explained(&mut self, finding: &Finding, played: &Played, found: &mut bool) {
        let outcome = self.outcome(played.case);
        if !played.case.told_by.contains(&finding.kind.as_str()) {
            *outcome.also.entry(finding.kind.clone()).or_default() += 1;
            return;
        }
        let delay_s = finding.detected_at.as_secs() - i64::from(played.from_s);
        if !*found && delay_s <= i64::from(played.case.within_h) * 3_600 {
            *found = true;
            outcome.delays_min.push(delay_s as f64 / 60.0);
            outcome.relative.extend(finding.relative);
        }
    }

    fn outcome(&mut self, case: &'static Case) -> &mut Outcome {
        let place = self.outcomes.iter().position(|(c, _)| c.name == case.name);
        let place = place.unwrap_or_else(|| {
            self.outcomes.push((case, Outcome::default()));
            self.outcomes.len() - 1
        });
        &mut self.outcomes[place].1
    }
}

/// The incident that a finding is about.
fn cause(finding: &Finding, played: &[Played]) -> Option<usize> {
    let detected_s = finding.detected_at.as_secs();
    played.iter().position(|p| {
        let of_it = match finding.scope {
            Scope::Function => p.functions.contains(&finding.function_id),
            // A sum moves with each of its parts.
            _ => true,
        };
        let until_s = i64::from(p.from_s) + i64::from(p.case.within_h) * 3_600 + AFTERMATH_S;
        of_it && (i64::from(p.from_s)..until_s).contains(&detected_s)
    })
}
