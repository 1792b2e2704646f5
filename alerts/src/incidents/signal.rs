//! A finding, as far as correlation looks at it.

use store::model::{Finding, Scope, Severity, State, UnixNano};

/// How trouble of a kind spreads; what says most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Invocations fail: whoever calls fails, too.
    Failure,
    /// Invocations take longer: whoever waits takes longer, too.
    Delay,
    /// More or fewer invocations than usual: whoever is called is called more or less, too.
    Load,
    /// Money: follows from any of them.
    Money,
    /// A version, a platform or a forecast: spreads to nobody.
    Own,
}

/// Kinds and how they spread; those that are not here are their own.
const FAMILIES: &[(&str, Family)] = &[
    ("error_rate", Family::Failure),
    ("error_regression", Family::Failure),
    ("timeouts", Family::Failure),
    ("timeout_regression", Family::Failure),
    ("stuck", Family::Failure),
    ("dead_letters", Family::Failure),
    ("slo_burn", Family::Failure),
    ("retry_growth", Family::Failure),
    ("slow", Family::Delay),
    ("near_timeout", Family::Delay),
    ("duration_regression", Family::Delay),
    ("silent", Family::Load),
    ("missed_run", Family::Load),
    ("cost_drop", Family::Load),
    ("throttles", Family::Load),
    ("iterator_age", Family::Load),
    ("queue_lag", Family::Load),
    ("cold_start_share", Family::Load),
    ("cost_spike", Family::Money),
    ("cost_step", Family::Money),
    ("cost_leak", Family::Money),
    ("cost_runaway", Family::Money),
    ("cost_new_spender", Family::Money),
];

/// Onsets of findings that minutes tell may differ so far within one cause, ms.
const SUDDEN_GAP_MS: i64 = 30 * 60_000;
/// And of those that hours or versions tell, ms.
const SLOW_GAP_MS: i64 = 3 * 3_600_000;

/// A place that a finding may share with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The place.
    pub place: String,
    /// What is shared there, in words.
    pub why: &'static str,
    /// Whether it counts only where something was found about the place itself; else where another
    /// finding names it, too.
    pub needs_own: bool,
}

impl Shared {
    fn of(place: String, why: &'static str, needs_own: bool) -> Self {
        Self {
            place,
            why,
            needs_own,
        }
    }
}

/// What correlation knows of a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The finding.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Where it was seen: a function's id, `queue:orders`, `cohort:…`, `account:…`.
    pub place: String,
    /// The version it is about, or empty.
    pub version: String,
    /// How bad.
    pub severity: Severity,
    /// What it says, in short.
    pub title: String,
    /// Since when it holds.
    pub began_at: UnixNano,
    /// When it was certain.
    pub detected_at: UnixNano,
    /// Until when; none while it holds.
    pub ended_at: Option<UnixNano>,
}

impl Signal {
    /// Of a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        let place = match finding.scope {
            _ if !finding.function_id.is_empty() => finding.function_id.clone(),
            scope => format!("{}:{}", scope.as_str(), finding.subject),
        };
        let ended = finding.state != State::Open;
        Self {
            id: finding.id.clone(),
            kind: finding.kind.clone(),
            place,
            version: finding.version.clone(),
            severity: finding.severity,
            title: finding.title.clone(),
            began_at: finding.began_at,
            detected_at: finding.detected_at,
            ended_at: ended.then(|| finding.closed_at.unwrap_or(finding.updated_at)),
        }
    }

    /// How its trouble spreads.
    #[must_use]
    pub fn family(&self) -> Family {
        let known = FAMILIES.iter().find(|(kind, _)| *kind == self.kind);
        known.map_or(Family::Own, |(_, family)| *family)
    }

    /// How far from another's its onset may lie within one cause, ms.
    pub(super) fn gap_ms(&self) -> i64 {
        let slow = self.kind.starts_with("cost_")
            || self.kind.ends_with("_regression")
            || matches!(self.family(), Family::Own);
        if slow { SLOW_GAP_MS } else { SUDDEN_GAP_MS }
    }

    /// Provider, account and region of the function it is about, if it is about one.
    pub(super) fn function(&self) -> Option<(&str, &str, &str)> {
        let mut parts = self.place.splitn(4, ':');
        let function = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().filter(|name| !name.is_empty())?;
        Some(function)
    }

    /// Whether this is a bill, of an account or more, on which the money of that finding stands at that time.
    pub(super) fn pays_for(&self, other: &Self) -> bool {
        let Some((provider, account, region)) = other.function() else {
            return false;
        };
        let apart_ms = (self.began_at.as_millis() - other.began_at.as_millis()).abs();
        let at_once = apart_ms <= self.gap_ms().max(other.gap_ms());
        let (scope, subject) = self.place.split_once(':').unwrap_or_default();
        let holds = match Scope::parse(scope) {
            Some(Scope::Fleet) => true,
            Some(Scope::Provider) => subject == provider,
            Some(Scope::Account) => subject == format!("{provider}:{account}"),
            Some(Scope::Region) => subject == format!("{provider}:{region}"),
            _ => false,
        };
        holds && at_once && other.family() == Family::Money
    }

    /// Places that it may share with others at the same time.
    pub(super) fn shared(&self, cohort: Option<&str>) -> Vec<Shared> {
        let mut places = Vec::new();
        let Some((provider, account, region)) = self.function() else {
            return places;
        };
        if let Some(cohort) = cohort.filter(|_| self.kind.starts_with("cold_start")) {
            let place = format!("{}:{cohort}", Scope::Cohort.as_str());
            places.push(Shared::of(
                place,
                "the platform's cold starts became slower",
                true,
            ));
        }
        if self.kind == "silent" {
            let whole = "the whole of it is silent";
            places.push(Shared::of(
                format!("region:{provider}:{region}"),
                whole,
                true,
            ));
            places.push(Shared::of(
                format!("account:{provider}:{account}"),
                whole,
                true,
            ));
            places.push(Shared::of(format!("provider:{provider}"), whole, true));
        }
        if self.kind == "throttles" {
            let place = format!("throttles:{provider}:{account}:{region}");
            let why = "functions of one account share its concurrency";
            places.push(Shared::of(place, why, false));
        }
        if self.kind.ends_with("_regression") && is_commit(&self.version) {
            let place = format!("version:{provider}:{account}:{}", self.version);
            places.push(Shared::of(place, "they are of one version", false));
        }
        places
    }
}

/// Whether a version is one that two functions have only if they were built together: `42` is not.
fn is_commit(version: &str) -> bool {
    version.len() >= 7 && version.bytes().any(|b| !b.is_ascii_digit())
}
