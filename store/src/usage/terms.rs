//! The terms usage is counted under: how platforms round, and what owners say of their functions.

use std::fmt;
use std::sync::Arc;

use clickhouse::query::Query;
use sha2::{Digest, Sha256};

use crate::model::{BilledInit, BilledMemory, BilledTime, RoundingRule, Size};

/// Part of what a hash of terms is made of: raised when the arithmetic of `hours.sql` changes, so that what
/// is kept is counted again.
const ARITHMETIC: u32 = 1;
/// Longest time believed of one invocation, ms: 31 days. What is longer is a fault of the sender's clock and
/// counts as unknown. Together with the next limit one row holds 6,000 such invocations before its sums wrap.
const TIME_MAX_MS: f64 = 31.0 * 86_400_000.0;
/// Most memory believed of one invocation, MiB: 1 TiB.
const MEMORY_MAX_MB: u32 = 1 << 20;

type Resolver = dyn Fn(&str) -> Size + Send + Sync;

/// How usage is counted. Cheap to clone.
#[derive(Clone)]
pub struct Terms {
    rules: Arc<[RoundingRule]>,
    size_of: Arc<Resolver>,
    fingerprint: String,
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("rules", &self.rules.len())
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl Default for Terms {
    /// Without rules each invocation counts as measured, rounded up to 1 ms.
    fn default() -> Self {
        Self::new(Vec::new(), "", |_| Size::default())
    }
}

impl Terms {
    /// Of rules, of which the first that fits an invocation holds, and what is configured of the function
    /// with a given id. `sizes` is any text that changes when an answer of `size_of` does.
    pub fn new(
        rules: Vec<RoundingRule>,
        sizes: &str,
        size_of: impl Fn(&str) -> Size + Send + Sync + 'static,
    ) -> Self {
        let told = format!("{ARITHMETIC}\n{rules:?}\n{sizes}");
        Self {
            fingerprint: hex::encode(&Sha256::digest(told.as_bytes())[..16]),
            rules: rules.into(),
            size_of: Arc::new(size_of),
        }
    }

    /// Changes when usage is to be counted in another way.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Binds all that `hours.sql` asks of the terms for invocations of `function_ids` that start at or after
    /// `from_s` and before `until_s`.
    pub(super) fn bind(
        &self,
        query: Query,
        function_ids: Vec<String>,
        from_s: u32,
        until_s: u32,
    ) -> Query {
        let sized = self.sized(function_ids);
        let plans: Vec<&str> = sized.iter().map(|(_, size)| size.plan.as_str()).collect();
        let lookup = Lookup::new(&self.rules, &plans, from_s, until_s);
        let query = bind_rules(query, &lookup.rules)
            .param("eras_s", &lookup.eras_s)
            .param("rule_keys", &lookup.keys)
            .param("rule_numbers", &lookup.numbers);
        let of = |pick: fn(&Size) -> u32| sized.iter().map(|(_, s)| pick(s)).collect::<Vec<_>>();
        let architectures: Vec<&str> = sized.iter().map(|(_, s)| s.architecture.as_str()).collect();
        query
            .param("sized_plans", &plans)
            .param("sized_memory_mb", of(|size| size.memory_mb))
            .param("sized_vcpu_milli", of(|size| size.vcpu_milli))
            .param("sized_architectures", architectures)
            .param(
                "sized_ids",
                sized.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
            )
            .param("time_max_ms", TIME_MAX_MS)
            .param("memory_max_mb", MEMORY_MAX_MB)
    }

    /// Those of whom something is configured, never none: a lookup in nothing has no type.
    fn sized(&self, function_ids: Vec<String>) -> Vec<(String, Size)> {
        let with_size = |id: String| {
            let size = (self.size_of)(&id);
            (size != Size::default()).then_some((id, size))
        };
        let mut sized: Vec<_> = function_ids.into_iter().filter_map(with_size).collect();
        if sized.is_empty() {
            sized.push((String::new(), Size::default()));
        }
        sized
    }
}

/// What holds where no rule fits: time as measured, in whole milliseconds.
fn plain() -> RoundingRule {
    RoundingRule {
        platform: String::new(),
        plan: String::new(),
        from_s: 0,
        until_s: u32::MAX,
        time_step_ms: 1,
        time_min_ms: 0,
        memory_step_mb: 1,
        memory_min_mb: 0,
        memory_max_mb: 0,
        memory: BilledMemory::Configured,
        time: BilledTime::Wall,
        init: BilledInit::Never,
        believes_reported: false,
    }
}

fn bind_rules(query: Query, rules: &[RoundingRule]) -> Query {
    let numbers = |pick: fn(&RoundingRule) -> u32| rules.iter().map(pick).collect::<Vec<u32>>();
    let flags = |pick: fn(&RoundingRule) -> u8| rules.iter().map(pick).collect::<Vec<u8>>();
    query
        .param("time_steps_ms", numbers(|r| r.time_step_ms.max(1)))
        .param("time_mins_ms", numbers(|r| r.time_min_ms))
        .param("memory_steps_mb", numbers(|r| r.memory_step_mb.max(1)))
        .param("memory_mins_mb", numbers(|r| r.memory_min_mb))
        .param("memory_caps_mb", numbers(|r| r.memory_max_mb))
        .param("bills_cpu", flags(|r| (r.time == BilledTime::Cpu).into()))
        .param(
            "bills_used",
            flags(|r| (r.memory == BilledMemory::Used).into()),
        )
        .param(
            "bills_init",
            flags(|r| match r.init {
                BilledInit::Never => 0,
                BilledInit::OwnRuntimes => 1,
                BilledInit::Always => 2,
            }),
        )
        .param("believes_reported", flags(|r| r.believes_reported.into()))
}

/// The first fitting rule as a table: asking each rule of the list about each invocation would cost more than
/// all the arithmetic. Time is cut at the moments where rules begin and end; there are hardly ever any within
/// the hours of one statement.
#[derive(Debug, PartialEq)]
struct Lookup {
    /// Moments within the range at which some rule begins or ends, ascending, Unix seconds.
    eras_s: Vec<u32>,
    /// `platform|plan|era`, where an era is the number of those moments that have passed.
    keys: Vec<String>,
    /// The rule of each key: its place in `rules`, from 1.
    numbers: Vec<u16>,
    /// The rules that hold in the range, the plain one first.
    rules: Vec<RoundingRule>,
}

impl Lookup {
    fn new(rules: &[RoundingRule], plans: &[&str], from_s: u32, until_s: u32) -> Self {
        let all = rules
            .iter()
            .filter(|r| r.from_s < until_s && r.until_s > from_s);
        let holding: Vec<&RoundingRule> = all.collect();
        let inside = |s: &u32| from_s < *s && *s < until_s;
        let bounds = holding.iter().flat_map(|r| [r.from_s, r.until_s]);
        let mut eras_s: Vec<u32> = bounds.filter(inside).collect();
        eras_s.sort_unstable();
        eras_s.dedup();
        let mut lookup = Self {
            keys: vec![String::new()],
            numbers: vec![1],
            rules: vec![plain()],
            eras_s,
        };
        let mut places: Vec<(&str, &str)> = Vec::new();
        for rule in &holding {
            let named = plans.iter().copied().chain(["", rule.plan.as_str()]);
            let fitting = named.filter(|plan| rule.plan.is_empty() || rule.plan == *plan);
            places.extend(fitting.map(|plan| (rule.platform.as_str(), plan)));
        }
        places.sort_unstable();
        places.dedup();
        for (platform, plan) in places {
            lookup.add(&holding, platform, plan, from_s);
        }
        lookup
    }

    /// Adds a key for each era in which a rule holds for this platform and plan.
    fn add(&mut self, holding: &[&RoundingRule], platform: &str, plan: &str, from_s: u32) {
        for era in 0..=self.eras_s.len() {
            let at_s = match era {
                0 => from_s,
                _ => self.eras_s[era - 1],
            };
            let fits = |r: &&&RoundingRule| {
                r.platform == platform
                    && (r.plan.is_empty() || r.plan == plan)
                    && (r.from_s..r.until_s).contains(&at_s)
            };
            let Some(rule) = holding.iter().find(fits) else {
                continue;
            };
            let number = match self.rules.iter().position(|r| r == *rule) {
                Some(place) => place + 1,
                None => {
                    self.rules.push((*rule).clone());
                    self.rules.len()
                }
            };
            self.keys.push(format!("{platform}|{plan}|{era}"));
            self.numbers.push(u16::try_from(number).unwrap_or(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(platform: &str, plan: &str, from_s: u32, until_s: u32) -> RoundingRule {
        RoundingRule {
            platform: platform.into(),
            plan: plan.into(),
            from_s,
            until_s,
            ..plain()
        }
    }

    fn found<'a>(lookup: &'a Lookup, key: &str) -> Option<&'a RoundingRule> {
        let place = lookup.keys.iter().position(|k| k == key)?;
        lookup.rules.get(usize::from(lookup.numbers[place]) - 1)
    }

    #[test]
    fn the_first_rule_that_fits_holds() {
        let rules = [
            rule("azure.functions", "flex", 0, u32::MAX),
            rule("azure.functions", "", 0, u32::MAX),
            rule("azure.functions", "premium", 0, u32::MAX),
        ];
        let lookup = Lookup::new(&rules, &["flex", "premium"], 100, 200);
        assert_eq!(found(&lookup, "azure.functions|flex|0"), Some(&rules[0]));
        assert_eq!(found(&lookup, "azure.functions||0"), Some(&rules[1]));
        assert_eq!(
            found(&lookup, "azure.functions|premium|0"),
            Some(&rules[1]),
            "the general one came first"
        );
    }

    #[test]
    fn a_rule_holds_from_its_first_second_to_the_one_before_its_end() {
        let rules = [
            rule("aws_lambda", "", 0, 150),
            RoundingRule {
                init: BilledInit::Always,
                ..rule("aws_lambda", "", 150, u32::MAX)
            },
        ];
        let lookup = Lookup::new(&rules, &[], 100, 200);
        assert_eq!(lookup.eras_s, [150]);
        assert_eq!(found(&lookup, "aws_lambda||0"), Some(&rules[0]));
        assert_eq!(found(&lookup, "aws_lambda||1"), Some(&rules[1]));
        let after = Lookup::new(&rules, &[], 150, 200);
        assert_eq!(after.eras_s, Vec::<u32>::new());
        assert_eq!(found(&after, "aws_lambda||0"), Some(&rules[1]));
    }

    #[test]
    fn where_no_rule_fits_the_plain_one_holds() {
        let lookup = Lookup::new(&[rule("aws_lambda", "", 300, 400)], &[], 100, 200);
        assert_eq!(
            (lookup.keys.len(), &lookup.rules),
            (1, &vec![plain()]),
            "a key that nothing has"
        );
    }

    #[test]
    fn the_fingerprint_follows_rules_and_sizes() {
        let size = |_: &str| Size::default();
        let one = Terms::new(vec![rule("x", "", 0, 1)], "", size);
        let same = Terms::new(vec![rule("x", "", 0, 1)], "", size);
        let other = Terms::new(vec![rule("x", "", 0, 2)], "", size);
        let sized = Terms::new(vec![rule("x", "", 0, 1)], "f: 512", size);
        assert_eq!(one.fingerprint(), same.fingerprint());
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_ne!(one.fingerprint(), sized.fingerprint());
    }
}
