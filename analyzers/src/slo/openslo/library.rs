//! All objects of a folder, and what they refer to.

use std::collections::BTreeMap;

use super::read::{OpenSloError, Placed, read};
use super::rules::{Path, compared};
use super::shape::{AlertCondition, AlertPolicy, Kind, Named, Object, Sli, Slo};

/// Objects by kind and name. Names are unique within a kind.
#[derive(Clone, Debug, Default)]
pub struct Library {
    objects: BTreeMap<(Kind, String), Placed>,
}

/// A reference to what nobody defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// What is referred to.
    pub kind: Kind,
    /// By which name.
    pub name: String,
    /// Where, and what to do.
    pub error: OpenSloError,
}

/// An SLO with what it refers to.
#[derive(Clone, Debug)]
pub struct Resolved<'a> {
    /// The SLO.
    pub slo: &'a Named<Slo>,
    /// The indicator of each objective, in order; `None` where it is not defined.
    pub indicators: Vec<Option<&'a Named<Sli>>>,
    /// Policies with the condition of each, with their names.
    pub alerts: Vec<Alert<'a>>,
    placed: &'a Placed,
}

/// A policy of an SLO and its condition.
#[derive(Clone, Debug)]
pub struct Alert<'a> {
    /// The policy.
    pub policy: &'a AlertPolicy,
    /// The condition's name and annotations.
    pub about: &'a super::shape::Metadata,
    /// The condition.
    pub condition: &'a AlertCondition,
    /// Which of the SLO's policies.
    pub number: usize,
}

impl Library {
    /// Reads a file into the library.
    ///
    /// # Errors
    /// With the place of the first fault, a name that is there already among them.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), OpenSloError> {
        for placed in read(file, text)? {
            let key = (placed.object.kind(), placed.object.metadata().name.clone());
            // Go's library ships Services that share a name; they only describe.
            if let Some(known) = self.objects.get(&key)
                && key.0 != Kind::Service
            {
                let path = ["metadata".to_owned(), "name".to_owned()];
                let reason = format!(
                    "there is a {:?} `{}` already, in {}",
                    key.0, key.1, known.file
                );
                return Err(placed.fault(&path, reason));
            }
            self.objects.insert(key, placed);
        }
        Ok(())
    }

    /// All objects, by kind and name.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values().map(|placed| &placed.object)
    }

    /// All SLOs with what they refer to, by name, and all references to nothing.
    #[must_use]
    pub fn slos(&self) -> (Vec<Resolved<'_>>, Vec<Unresolved>) {
        let mut unresolved = Vec::new();
        let mut slos = Vec::new();
        for placed in self.objects.values() {
            match &placed.object {
                Object::Slo(slo) => slos.push(self.resolved(placed, slo, &mut unresolved)),
                Object::AlertPolicy(policy) => {
                    let path = Path::default().to("spec");
                    self.condition(placed, &path, &policy.spec, &mut unresolved);
                    self.targets(placed, &path, &policy.spec, &mut unresolved);
                }
                _ => {}
            }
        }
        (slos, unresolved)
    }

    fn resolved<'a>(
        &'a self,
        placed: &'a Placed,
        slo: &'a Named<Slo>,
        unresolved: &mut Vec<Unresolved>,
    ) -> Resolved<'a> {
        let spec = Path::default().to("spec");
        let indicators = slo.spec.objectives.iter().enumerate().map(|(number, one)| {
            let path = spec.to("objectives").to(number);
            if let Some(inline) = one.indicator.as_ref().or(slo.spec.indicator.as_ref()) {
                return Some(inline);
            }
            let (path, name) = match &one.indicator_ref {
                Some(name) => (path, name),
                None => (spec.clone(), slo.spec.indicator_ref.as_ref()?),
            };
            let found = self.find(
                placed,
                &path.to("indicatorRef"),
                Kind::Sli,
                name,
                unresolved,
            );
            match found.map(|found| &found.object) {
                Some(Object::Sli(sli)) => Some(sli),
                _ => None,
            }
        });
        let indicators = indicators.collect();
        let mut alerts = Vec::new();
        for (number, item) in slo.spec.alert_policies.iter().enumerate() {
            let path = spec.to("alertPolicies").to(number);
            let (owner, path, policy) = match (&item.spec, &item.alert_policy_ref) {
                (Some(inline), _) => (placed, path.to("spec"), inline),
                (None, Some(name)) => {
                    let path = path.to("alertPolicyRef");
                    let found = self.find(placed, &path, Kind::AlertPolicy, name, unresolved);
                    match found.map(|found| (found, &found.object)) {
                        Some((owner, Object::AlertPolicy(policy))) => {
                            (owner, Path::default().to("spec"), &policy.spec)
                        }
                        _ => continue,
                    }
                }
                (None, None) => continue,
            };
            // What a policy of its own lacks is told where the policy stands.
            let mut elsewhere = Vec::new();
            let told = match std::ptr::eq(owner, placed) {
                true => &mut *unresolved,
                false => &mut elsewhere,
            };
            self.targets(owner, &path, policy, told);
            if let Some((about, condition)) = self.condition(owner, &path, policy, told) {
                alerts.push(Alert {
                    policy,
                    about,
                    condition,
                    number,
                });
            }
        }
        Resolved {
            slo,
            indicators,
            alerts,
            placed,
        }
    }

    fn condition<'a>(
        &'a self,
        owner: &Placed,
        path: &Path,
        policy: &'a AlertPolicy,
        unresolved: &mut Vec<Unresolved>,
    ) -> Option<(&'a super::shape::Metadata, &'a AlertCondition)> {
        let item = policy.conditions.first()?;
        if let (Some(about), Some(spec)) = (&item.metadata, &item.spec) {
            return Some((about, spec));
        }
        let path = path.to("conditions").to(0).to("conditionRef");
        let name = item.condition_ref.as_ref()?;
        match &self
            .find(owner, &path, Kind::AlertCondition, name, unresolved)?
            .object
        {
            Object::AlertCondition(found) => Some((&found.metadata, &found.spec)),
            _ => None,
        }
    }

    fn targets(
        &self,
        owner: &Placed,
        path: &Path,
        policy: &AlertPolicy,
        unresolved: &mut Vec<Unresolved>,
    ) {
        for (number, item) in policy.notification_targets.iter().enumerate() {
            if let Some(name) = &item.target_ref {
                let path = path.to("notificationTargets").to(number).to("targetRef");
                self.find(
                    owner,
                    &path,
                    Kind::AlertNotificationTarget,
                    name,
                    unresolved,
                );
            }
        }
    }

    fn find(
        &self,
        owner: &Placed,
        path: &Path,
        kind: Kind,
        name: &str,
        unresolved: &mut Vec<Unresolved>,
    ) -> Option<&Placed> {
        let found = self.objects.get(&(kind, name.to_owned()));
        if found.is_none() {
            let reason =
                format!("there is no {kind:?} `{name}`; define it in this file or beside it");
            unresolved.push(Unresolved {
                kind,
                name: name.to_owned(),
                error: owner.fault(path.parts(), reason),
            });
        }
        found
    }
}

impl Resolved<'_> {
    /// The error at what `path` names within the SLO.
    #[must_use]
    pub fn fault(&self, path: &[&str], reason: impl Into<String>) -> OpenSloError {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.placed.fault(&path, reason)
    }

    /// What can only be said once the indicators are known.
    ///
    /// # Errors
    /// Where an objective says what a threshold metric is compared with and there is none, or the other
    /// way round.
    pub fn check(&self) -> Result<(), OpenSloError> {
        for (number, (one, sli)) in self
            .slo
            .spec
            .objectives
            .iter()
            .zip(&self.indicators)
            .enumerate()
        {
            if let Some(sli) = sli {
                let path = Path::default().to("spec").to("objectives").to(number);
                compared(
                    &path,
                    &sli.spec,
                    one,
                    "the indicator is a ratio; leave out `value`",
                )
                .map_err(|broken| self.placed.fault(&broken.path, broken.reason))?;
            }
        }
        Ok(())
    }

    /// The file it stands in.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.placed.file
    }
}
