//! What is configured: budgets, and limits of accounts.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::cost::{FunctionPattern, Pattern};
use crate::detectors::names::Function;

/// Most budgets.
pub const BUDGETS_MAX: usize = 100;
/// Most limits of accounts.
pub const LIMITS_MAX: usize = 1_000;
/// Longest name, bytes.
const NAME_BYTES_MAX: usize = 100;
/// Most thresholds of a budget.
const THRESHOLDS_MAX: usize = 10;

/// An entry of `budgets:`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct BudgetConfig {
    /// For people; each once.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// What counts: `all` (default), `provider:aws`, `account:aws:123456789012`, `region:aws:eu-*`,
    /// `function:aws:*:*:shop-*`, `tag:team=shop`.
    #[serde(default)]
    pub scope: BudgetScope,
    /// For a calendar month (UTC), in the currency of the price books, at list price before free grants and
    /// without standing charges.
    #[serde(deserialize_with = "amount")]
    pub amount_usd: f64,
    /// Told when so much of it is spent, per cent, ascending. Default 80 and 100.
    #[serde(default = "thresholds", deserialize_with = "percents")]
    pub thresholds_percent: Vec<f64>,
}

/// What a budget counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum BudgetScope {
    /// Everything.
    #[default]
    All,
    /// A provider.
    Provider(Pattern),
    /// A provider's account.
    Account(Pattern, Pattern),
    /// A provider's region.
    Region(Pattern, Pattern),
    /// Functions by their ids.
    Function(FunctionPattern),
    /// Functions that carry an allocation tag with this value.
    Tag(String, Pattern),
}

impl BudgetScope {
    /// Reads `region:aws:eu-*`.
    ///
    /// # Errors
    /// When it is none, with what may be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let none = || {
            format!(
                "`{}` is no scope of a budget: write all, provider:aws, account:aws:123456789012, region:aws:eu-*, \
                 function:aws:*:*:shop-* or tag:team=shop",
                text.chars().take(NAME_BYTES_MAX).collect::<String>()
            )
        };
        let (sort, rest) = text.split_once(':').unwrap_or((text, ""));
        let pair = || {
            let (provider, of) = rest.split_once(':').ok_or_else(none)?;
            match provider.is_empty() || of.is_empty() {
                true => Err(none()),
                false => Ok((Pattern::new(provider), Pattern::new(of))),
            }
        };
        match sort {
            "all" if rest.is_empty() => Ok(Self::All),
            "provider" if !rest.is_empty() => Ok(Self::Provider(Pattern::new(rest))),
            "account" => pair().map(|(provider, account)| Self::Account(provider, account)),
            "region" => pair().map(|(provider, region)| Self::Region(provider, region)),
            "function" => FunctionPattern::new(rest).map(Self::Function),
            "tag" => match rest.split_once('=') {
                Some((key, value)) if !key.is_empty() => {
                    Ok(Self::Tag(key.to_owned(), Pattern::new(value)))
                }
                _ => Err(none()),
            },
            _ => Err(none()),
        }
    }

    /// Whether a function counts.
    #[must_use]
    pub fn holds(&self, function: &Function) -> bool {
        let of = &function.parts;
        match self {
            Self::All => true,
            Self::Provider(provider) => provider.matches(&of.provider),
            Self::Account(provider, account) => {
                provider.matches(&of.provider) && account.matches(&of.account)
            }
            Self::Region(provider, region) => {
                provider.matches(&of.provider) && region.matches(&of.region)
            }
            Self::Function(pattern) => pattern.matches(&function.id),
            Self::Tag(key, value) => function
                .tags
                .iter()
                .any(|(k, v)| k == key && value.matches(v)),
        }
    }

    /// The tag it asks for.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Tag(key, _) => Some(key),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for BudgetScope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// An entry of `analyzers.concurrency`: how many invocations of an account may run at once in a region.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ConcurrencyConfig {
    /// Default `aws`.
    #[serde(default = "aws")]
    pub provider: String,
    /// With `*`; default all.
    #[serde(default = "any")]
    pub account: String,
    /// With `*`; default all.
    #[serde(default = "any")]
    pub region: String,
    /// At least 1.
    #[serde(deserialize_with = "limit")]
    pub limit: u32,
}

fn aws() -> String {
    "aws".to_owned()
}

fn any() -> String {
    "*".to_owned()
}

fn thresholds() -> Vec<f64> {
    vec![80.0, 100.0]
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    match name.trim().is_empty()
        || name.len() > NAME_BYTES_MAX
        || name.chars().any(char::is_control)
    {
        true => Err(D::Error::custom(format!(
            "a budget's name has 1 to {NAME_BYTES_MAX} bytes and no control characters"
        ))),
        false => Ok(name),
    }
}

fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let amount = f64::deserialize(from)?;
    match amount > 0.0 && amount <= 1e12 {
        true => Ok(amount),
        false => Err(D::Error::custom(
            "amount_usd must be more than 0 and at most 1e12",
        )),
    }
}

fn percents<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let percents = Option::<Vec<f64>>::deserialize(from)?.unwrap_or_else(thresholds);
    let ascending = percents.windows(2).all(|pair| pair[0] < pair[1]);
    let sound = percents.iter().all(|p| *p > 0.0 && *p <= 1_000.0);
    match ascending && sound && (1..=THRESHOLDS_MAX).contains(&percents.len()) {
        true => Ok(percents),
        false => Err(D::Error::custom(format!(
            "thresholds_percent are 1 to {THRESHOLDS_MAX} numbers above 0 and up to 1000, ascending"
        ))),
    }
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        0 => Err(D::Error::custom("limit must be at least 1")),
        limit => Ok(limit),
    }
}

/// Checks what entries cannot say by themselves.
///
/// # Errors
/// With the key and the reason.
pub fn validate(budgets: &[BudgetConfig], limits: &[ConcurrencyConfig]) -> Result<(), String> {
    if budgets.len() > BUDGETS_MAX {
        return Err(format!("budgets: at most {BUDGETS_MAX}"));
    }
    if limits.len() > LIMITS_MAX {
        return Err(format!("analyzers.concurrency: at most {LIMITS_MAX}"));
    }
    for (at, budget) in budgets.iter().enumerate() {
        if budgets[..at].iter().any(|other| other.name == budget.name) {
            return Err(format!(
                "budgets[{at}]: there is a budget `{}` already",
                budget.name
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::Names;

    #[test]
    fn scopes_hold_what_they_say() {
        let mut names = Names::default();
        let number = names
            .function("aws:123:eu-central-1:shop-cart")
            .expect("sound");
        names.of_mut(number).tags = vec![("team".into(), "shop".into())];
        for (text, want) in [
            ("all", true),
            ("provider:aws", true),
            ("provider:gcp", false),
            ("account:aws:123", true),
            ("account:aws:12", false),
            ("region:aws:eu-*", true),
            ("function:aws:*:*:shop-*", true),
            ("function:aws:*:*:cart", false),
            ("tag:team=shop", true),
            ("tag:team=*", true),
            ("tag:owner=*", false),
        ] {
            let scope = BudgetScope::parse(text).expect(text);
            assert_eq!(scope.holds(names.of(number)), want, "{text}");
        }
        for bad in [
            "",
            "everything",
            "provider:",
            "account:aws",
            "function:shop",
            "tag:team",
            "tag:=x",
            "all:x",
        ] {
            assert!(BudgetScope::parse(bad).is_err(), "{bad}");
        }
    }
}
