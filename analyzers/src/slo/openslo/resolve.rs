//! What objects refer to.

use std::collections::BTreeMap;

use super::read::{OpenSloError, Placed};
use super::rules::{Path, compared};
use super::shape::{
    AlertCondition, AlertPolicy, Kind, Metadata, Named, Object, PolicyItem, Sli, Slo,
};

/// An SLO with what it refers to.
#[derive(Clone, Debug)]
pub struct Resolved<'a> {
    /// The SLO.
    pub slo: &'a Named<Slo>,
    /// The indicator of each objective, in order; `None` where it is not defined.
    pub indicators: Vec<Option<&'a Named<Sli>>>,
    /// Its policies with the condition of each.
    pub alerts: Vec<Alert<'a>>,
    placed: &'a Placed,
}

/// A policy of an SLO and its condition.
#[derive(Clone, Debug)]
pub struct Alert<'a> {
    /// The policy.
    pub policy: &'a AlertPolicy,
    /// The condition's name and annotations.
    pub about: &'a Metadata,
    /// The condition.
    pub condition: &'a AlertCondition,
    /// Which of the SLO's policies, from 0.
    pub number: usize,
}

/// A reference to what nobody defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Where, and what to do.
    pub error: OpenSloError,
    /// Whether an SLO is not what it is meant to be without it.
    pub needed: bool,
}

/// Looks references up, and notes those that lead nowhere.
pub(super) struct Lookup<'a> {
    objects: &'a BTreeMap<(Kind, String), Placed>,
    pub unresolved: Vec<Unresolved>,
}

impl<'a> Lookup<'a> {
    pub fn new(objects: &'a BTreeMap<(Kind, String), Placed>) -> Self {
        Self {
            objects,
            unresolved: Vec::new(),
        }
    }

    pub fn slo(&mut self, placed: &'a Placed, slo: &'a Named<Slo>) -> Resolved<'a> {
        let spec = Path::default().to("spec");
        let mut indicators = Vec::new();
        for number in 0..slo.spec.objectives.len() {
            indicators.push(self.indicator(placed, &spec, &slo.spec, number));
        }
        let mut alerts = Vec::new();
        for (number, item) in slo.spec.alert_policies.iter().enumerate() {
            let path = spec.to("alertPolicies").to(number);
            let Some((owner, path, policy)) = self.policy(placed, &path, item) else {
                continue;
            };
            self.targets(owner, &path, policy);
            if let Some((about, condition)) = self.condition(owner, &path, policy, true) {
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

    /// A policy that no SLO may refer to; what is told of it already is not told again.
    pub fn unused(&mut self, placed: &'a Placed, policy: &'a AlertPolicy) {
        let path = Path::default().to("spec");
        self.condition(placed, &path, policy, false);
        self.targets(placed, &path, policy);
    }

    fn indicator(
        &mut self,
        placed: &'a Placed,
        spec: &Path,
        slo: &'a Slo,
        number: usize,
    ) -> Option<&'a Named<Sli>> {
        let one = &slo.objectives[number];
        if let Some(inline) = one.indicator.as_ref().or(slo.indicator.as_ref()) {
            return Some(inline);
        }
        let (path, name) = match &one.indicator_ref {
            Some(name) => (spec.to("objectives").to(number), name),
            None => (spec.clone(), slo.indicator_ref.as_ref()?),
        };
        let path = path.to("indicatorRef");
        match &self.find(placed, &path, Kind::Sli, name, true)?.object {
            Object::Sli(sli) => Some(sli),
            _ => None,
        }
    }

    /// The policy, the object that it stands in, and where.
    fn policy(
        &mut self,
        placed: &'a Placed,
        path: &Path,
        item: &'a PolicyItem,
    ) -> Option<(&'a Placed, Path, &'a AlertPolicy)> {
        if let Some(inline) = &item.spec {
            return Some((placed, path.to("spec"), inline));
        }
        let name = item.alert_policy_ref.as_ref()?;
        let owner = self.find(
            placed,
            &path.to("alertPolicyRef"),
            Kind::AlertPolicy,
            name,
            true,
        )?;
        match &owner.object {
            Object::AlertPolicy(policy) => Some((owner, Path::default().to("spec"), &policy.spec)),
            _ => None,
        }
    }

    fn condition(
        &mut self,
        owner: &Placed,
        path: &Path,
        policy: &'a AlertPolicy,
        needed: bool,
    ) -> Option<(&'a Metadata, &'a AlertCondition)> {
        let item = policy.conditions.first()?;
        if let (Some(about), Some(spec)) = (&item.metadata, &item.spec) {
            return Some((about, spec));
        }
        let path = path.to("conditions").to(0).to("conditionRef");
        let name = item.condition_ref.as_ref()?;
        match &self
            .find(owner, &path, Kind::AlertCondition, name, needed)?
            .object
        {
            Object::AlertCondition(found) => Some((&found.metadata, &found.spec)),
            _ => None,
        }
    }

    /// Who is told is decided by the routes of alerting, so that a target's name is no more than a label.
    fn targets(&mut self, owner: &Placed, path: &Path, policy: &AlertPolicy) {
        for (number, item) in policy.notification_targets.iter().enumerate() {
            if let Some(name) = &item.target_ref {
                let path = path.to("notificationTargets").to(number).to("targetRef");
                self.find(owner, &path, Kind::AlertNotificationTarget, name, false);
            }
        }
    }

    fn find(
        &mut self,
        owner: &Placed,
        path: &Path,
        kind: Kind,
        name: &str,
        needed: bool,
    ) -> Option<&'a Placed> {
        let found = self.objects.get(&(kind, name.to_owned()));
        if found.is_none() {
            let reason =
                format!("there is no {kind} `{name}`; define it in this file or beside it");
            let error = owner.fault(path.parts(), reason);
            if !self.unresolved.iter().any(|known| known.error == error) {
                self.unresolved.push(Unresolved { error, needed });
            }
        }
        found
    }
}

impl Resolved<'_> {
    /// The file that holds the SLO, as it was named.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.placed.file
    }

    /// The error at what `path` names within the SLO.
    #[must_use]
    pub fn fault(&self, path: &[&str], reason: impl Into<String>) -> OpenSloError {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.placed.fault(&path, reason)
    }

    /// Whether it is a composite: each objective has an indicator of its own.
    #[must_use]
    pub fn is_composite(&self) -> bool {
        self.slo.spec.indicator.is_none() && self.slo.spec.indicator_ref.is_none()
    }

    /// What can only be said once the indicators are known.
    ///
    /// # Errors
    /// Where an objective says what a threshold metric is compared with and there is none, or the other
    /// way round.
    pub fn check(&self) -> Result<(), OpenSloError> {
        let objectives = self.slo.spec.objectives.iter().zip(&self.indicators);
        for (number, (one, sli)) in objectives.enumerate() {
            if let Some(sli) = sli {
                let path = Path::default().to("spec").to("objectives").to(number);
                let checked = compared(&path, &sli.spec, one);
                checked.map_err(|broken| self.placed.fault(&broken.path, broken.reason))?;
            }
        }
        Ok(())
    }
}
