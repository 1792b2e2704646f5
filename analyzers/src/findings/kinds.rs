//! Everything that can be found: a new kind is a line here.

/// What belongs together on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Cold starts and versions that became slower or worse.
    Regression,
    /// Money.
    Cost,
    /// What will be.
    Forecast,
    /// What breaks a function now.
    Operation,
    /// Error budgets that burn.
    Objective,
    /// Somebody who attacks, or has.
    Threat,
}

impl Group {
    /// As a heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Regression => "Regressions",
            Self::Cost => "Costs",
            Self::Forecast => "Forecasts",
            Self::Operation => "Operations",
            Self::Objective => "Objectives",
            Self::Threat => "Threats",
        }
    }
}

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name in the table and the API.
    pub name: &'static str,
    /// The same for people, lower case.
    pub words: &'static str,
    /// What it belongs to.
    pub group: Group,
    /// The detector that says it.
    pub detector: &'static str,
    /// How often chance alone raises it, as `analyzers/EVALUATION.md` measured it; empty for plain facts.
    pub placebo: &'static str,
}

const fn kind(
    name: &'static str,
    words: &'static str,
    group: Group,
    detector: &'static str,
    placebo: &'static str,
) -> Kind {
    Kind {
        name,
        words,
        group,
        detector,
        placebo,
    }
}

/// All kinds.
pub const KINDS: &[Kind] = &[
    kind(
        "cold_start_regression",
        "slower cold starts since a version",
        Group::Regression,
        "cold_starts",
        "0.9 % of deploys that changed nothing",
    ),
    kind(
        "cold_start_shift",
        "slower cold starts without a deploy",
        Group::Regression,
        "cold_starts",
        "1.0 a series and year",
    ),
    kind(
        "cold_start_platform_shift",
        "slower cold starts of a whole platform",
        Group::Regression,
        "cold_starts",
        "",
    ),
    kind(
        "duration_regression",
        "slower since a version",
        Group::Regression,
        "versions",
        "0.5 % of deploys that changed nothing, as often for the slowest twentieth",
    ),
    kind(
        "memory_regression",
        "more memory since a version",
        Group::Regression,
        "versions",
        "none of 1,500 deploys that changed nothing",
    ),
    kind(
        "error_regression",
        "more failures since a version",
        Group::Regression,
        "versions",
        "0.3 % of deploys that changed nothing",
    ),
    kind(
        "timeout_regression",
        "more timeouts since a version",
        Group::Regression,
        "versions",
        "0.3 % of deploys that changed nothing",
    ),
    kind(
        "cold_share_regression",
        "more cold starts since a version",
        Group::Regression,
        "versions",
        "none of 1,500 deploys that changed nothing",
    ),
    kind(
        "error_rate",
        "more failures than usual",
        Group::Operation,
        "errors",
        "",
    ),
    kind(
        "timeouts",
        "invocations that end at the time limit",
        Group::Operation,
        "timeouts",
        "",
    ),
    kind(
        "stuck",
        "functions of which every invocation ends at the time limit",
        Group::Operation,
        "timeouts",
        "",
    ),
    kind(
        "near_timeout",
        "invocations that come near the time limit",
        Group::Operation,
        "timeouts",
        "",
    ),
    kind(
        "out_of_memory",
        "invocations that run out of memory",
        Group::Operation,
        "memory",
        "",
    ),
    kind(
        "memory_near_limit",
        "memory that is nearly used up",
        Group::Operation,
        "memory",
        "",
    ),
    kind(
        "memory_growth",
        "memory that grows until it is used up",
        Group::Operation,
        "memory",
        "none in 360 months of a function",
    ),
    kind(
        "throttles",
        "invocations that are turned away",
        Group::Operation,
        "throttles",
        "",
    ),
    kind(
        "cold_start_share",
        "more cold starts than usual",
        Group::Operation,
        "cold_share",
        "none in 360 months of a function",
    ),
    kind(
        "slow",
        "slower than usual at this hour of the week",
        Group::Operation,
        "durations",
        "none in 360 months of a function",
    ),
    kind(
        "silent",
        "functions that are invoked no longer",
        Group::Operation,
        "traffic",
        "0.003 a function and month",
    ),
    kind(
        "missed_run",
        "scheduled runs that did not come",
        Group::Operation,
        "traffic",
        "none in 360 months of a function",
    ),
    kind(
        "retry_growth",
        "invocations that come again because they fail",
        Group::Operation,
        "traffic",
        "none in 360 months of a function",
    ),
    kind(
        "iterator_age",
        "streams that are read too late",
        Group::Operation,
        "queues",
        "",
    ),
    kind(
        "queue_lag",
        "queues whose messages wait longer and longer",
        Group::Operation,
        "queues",
        "",
    ),
    kind(
        "dead_letters",
        "messages that were given up",
        Group::Operation,
        "queues",
        "",
    ),
    kind(
        "cost_spike",
        "sudden spend",
        Group::Cost,
        "costs",
        "0.34 of all kinds of cost a function and month",
    ),
    kind(
        "cost_step",
        "lastingly higher spend",
        Group::Cost,
        "costs",
        "0.34 of all kinds of cost a function and month",
    ),
    kind(
        "cost_leak",
        "growing spend",
        Group::Cost,
        "costs",
        "0.34 of all kinds of cost a function and month",
    ),
    kind(
        "cost_drop",
        "spend that stopped",
        Group::Cost,
        "costs",
        "0.34 of all kinds of cost a function and month",
    ),
    kind(
        "cost_new_spender",
        "a new function that spends much",
        Group::Cost,
        "costs",
        "",
    ),
    kind(
        "cost_runaway",
        "spend that runs away",
        Group::Cost,
        "costs",
        "",
    ),
    kind(
        "budget_exceeded",
        "a budget that is spent",
        Group::Cost,
        "limits",
        "",
    ),
    kind(
        "budget_forecast",
        "a budget that will be exceeded",
        Group::Forecast,
        "limits",
        "",
    ),
    kind(
        "concurrency_forecast",
        "an account that will reach its limit",
        Group::Forecast,
        "limits",
        "",
    ),
    kind(
        "disk_forecast",
        "the store's disk that will be full",
        Group::Forecast,
        "limits",
        "",
    ),
    kind(
        "slo_burn",
        "error budgets that burn too fast",
        Group::Objective,
        "slos",
        "",
    ),
    kind(
        "slo_forecast",
        "error budgets that will be spent",
        Group::Objective,
        "slos",
        "",
    ),
    kind(
        "threat_executed",
        "attacks that were executed",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_payload",
        "attacks in what strangers send",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_credentials",
        "credentials in foreign hands",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_tampering",
        "code changed by a stranger",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_exfiltration",
        "data that leaves where it never did",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_behaviour",
        "functions that do what they never did",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_secrets",
        "secrets read one after another",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_login",
        "passwords that are guessed",
        Group::Threat,
        "threats",
        "",
    ),
    kind("threat_scan", "scans", Group::Threat, "threats", ""),
    kind(
        "threat_wallet",
        "costs that somebody runs up",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_recursion",
        "functions that call each other in a loop",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_mining",
        "time used by somebody else",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_silence",
        "telemetry that was turned off",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_leak",
        "credentials in telemetry",
        Group::Threat,
        "threats",
        "",
    ),
    kind(
        "threat_rule",
        "matches of Sigma rules",
        Group::Threat,
        "threats",
        "",
    ),
];

/// The kind of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_the_table() {
        for (i, kind) in KINDS.iter().enumerate() {
            assert!(
                KINDS[..i].iter().all(|other| other.name != kind.name),
                "{}",
                kind.name
            );
            assert!(
                kind.name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
        }
    }
}
