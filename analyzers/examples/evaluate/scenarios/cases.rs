//! What goes wrong in the evaluation, and which kinds of findings tell of it.

/// An incident of one function, or of all of a runtime.
pub struct Case {
    pub name: &'static str,
    /// The keys of the incident beside `at` and `function`, as in a scenario file.
    pub keys: &'static str,
    /// The kinds of findings that tell of it; none: it must stay silent.
    pub told_by: &'static [&'static str],
    /// Hours within which it counts as found.
    pub within_h: u32,
}

const COLD: &[&str] = &["cold_start_regression", "cold_start_shift"];
const SPEND: &[&str] = &[
    "cost_spike",
    "cost_step",
    "cost_leak",
    "cost_runaway",
    "cost_new_spender",
];

const fn case(
    name: &'static str,
    keys: &'static str,
    told_by: &'static [&'static str],
    within_h: u32,
) -> Case {
    Case {
        name,
        keys,
        told_by,
        within_h,
    }
}

/// One function each.
pub const CASES: &[Case] = &[
    case(
        "deploy, cold starts +10 %",
        "kind: deploy, init_factor: 1.1",
        COLD,
        72,
    ),
    case(
        "deploy, cold starts +20 %",
        "kind: deploy, init_factor: 1.2",
        COLD,
        72,
    ),
    case(
        "deploy, cold starts +44 %",
        "kind: deploy, init_factor: 1.44",
        COLD,
        72,
    ),
    case(
        "deploy, duration +20 %",
        "kind: deploy, duration_factor: 1.2",
        &["duration_regression", "slow", "cost_step"],
        72,
    ),
    case(
        "deploy, errors +5 points",
        "kind: deploy, error_rate: 0.05",
        &["error_regression", "error_rate"],
        24,
    ),
    case(
        "deploy, timeouts +3 points",
        "kind: deploy, timeout_rate: 0.03",
        &["timeout_regression", "timeouts"],
        24,
    ),
    case(
        "deploy, memory used +40 %",
        "kind: deploy, memory_factor: 1.4",
        &["memory_regression", "memory_near_limit"],
        72,
    ),
    case(
        "deploy, instances live a quarter as long",
        "kind: deploy, life_factor: 0.25",
        &["cold_share_regression", "cold_start_share"],
        72,
    ),
    case(
        "deploy, twice the memory and cold starts +30 %",
        "kind: deploy, init_factor: 1.3, memory_mb: 2048",
        COLD,
        72,
    ),
    case(
        "cold starts +50 % for six hours, no deploy",
        "kind: slow_cold_start, for: 6h, factor: 1.5",
        COLD,
        12,
    ),
    case(
        "cold starts +25 % from then on, no deploy",
        "kind: slow_cold_start, for: forever, factor: 1.25",
        COLD,
        72,
    ),
    case(
        "traffic ×4 for 3 h",
        "kind: traffic, for: 3h, factor: 4",
        SPEND,
        3,
    ),
    case(
        "duration ×3 for 3 h",
        "kind: slow, for: 3h, factor: 3",
        SPEND,
        3,
    ),
    case(
        "traffic +30 % from then on",
        "kind: traffic, for: forever, factor: 1.3",
        SPEND,
        72,
    ),
    case(
        "duration +1.5 % an hour",
        "kind: growth, for: forever",
        SPEND,
        72,
    ),
    case(
        "memory leak",
        "kind: leak, for: forever, mb_per_invocation: 3",
        &["memory_growth", "memory_near_limit", "out_of_memory"],
        24,
    ),
    case("stop", "kind: stop, for: 8h", &["silent", "cost_drop"], 8),
    case(
        "retry storm",
        "kind: retry_storm, for: 2h, rate: 0.7, retries: 4",
        &["retry_growth", "error_rate"],
        2,
    ),
    case(
        "recursion",
        "kind: recursion, for: 4h, rate: 0.5, turns: 40",
        SPEND,
        4,
    ),
    case(
        "errors 20 %",
        "kind: errors, for: 2h, rate: 0.2",
        &["error_rate"],
        2,
    ),
    case(
        "timeouts 10 %",
        "kind: timeouts, for: 2h, rate: 0.1",
        &["timeouts", "stuck"],
        2,
    ),
    case(
        "out of memory 3 %",
        "kind: out_of_memory, for: 4h, rate: 0.03",
        &["out_of_memory"],
        4,
    ),
    case("deploy that changes nothing", "kind: deploy", &[], 72),
    case(
        "a campaign every Friday, ×5 for 4 h",
        "kind: campaign, for: 4h, factor: 5",
        &[],
        72,
    ),
    case(
        "a batch every Sunday, ×20 for 1 h",
        "kind: campaign, for: 1h, factor: 20",
        &[],
        72,
    ),
];

/// All functions of a runtime.
pub const PLATFORM: Case = case(
    "platform shift, cold starts +25 % of a runtime",
    "kind: platform_shift, factor: 1.25",
    &["cold_start_platform_shift"],
    72,
);
