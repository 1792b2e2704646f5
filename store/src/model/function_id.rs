//! Which function a row is about: provider, account, region and name, decided once at the door.

use std::fmt;

/// The identity of a function. Version and instance are dimensions, never part of it.
///
/// Written as `provider:account:region:name`; a `:` or `%` inside a part is percent-encoded, an unknown
/// part is empty. The text form is the key of every table of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId {
    /// `aws`, `azure`, `gcp`, `cloudflare`, `vercel`, …, or `other`.
    pub provider: String,
    /// AWS account, Azure subscription, Google Cloud project; empty when not told.
    pub account: String,
    /// The provider's own spelling, `eu-central-1`; empty when not told.
    pub region: String,
    /// The function's name; for Azure `app/function`.
    pub name: String,
}

impl FunctionId {
    /// The text form without the account: what all sources of one function agree on, because resource
    /// detectors and platform logs often do not tell the account.
    #[must_use]
    pub fn key(&self) -> String {
        let (provider, region) = (escaped(&self.provider), escaped(&self.region));
        format!("{provider}::{region}:{}", escaped(&self.name))
    }

    /// The account as it stands in the text form.
    #[must_use]
    pub fn escaped_account(&self) -> String {
        escaped(&self.account)
    }
}

fn escaped(part: &str) -> String {
    part.replace('%', "%25").replace(':', "%3A")
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [provider, account, region, name] =
            [&self.provider, &self.account, &self.region, &self.name].map(|part| escaped(part));
        write!(f, "{provider}:{account}:{region}:{name}")
    }
}

/// A text that is not `provider:account:region:name`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no function id: expected provider:account:region:name")]
pub struct NotAFunctionId(String);

impl std::str::FromStr for FunctionId {
    type Err = NotAFunctionId;

    fn from_str(text: &str) -> Result<Self, NotAFunctionId> {
        let parts: Vec<String> = text
            .split(':')
            .map(|p| p.replace("%3A", ":").replace("%25", "%"))
            .collect();
        match <[String; 4]>::try_from(parts) {
            Ok([provider, account, region, name]) if !provider.is_empty() && !name.is_empty() => {
                Ok(Self {
                    provider,
                    account,
                    region,
                    name,
                })
            }
            _ => Err(NotAFunctionId(text.chars().take(200).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_survives_separators_inside_parts() {
        let id = FunctionId {
            provider: "azure".into(),
            account: String::new(),
            region: "westeurope".into(),
            name: "app:x/%fn".into(),
        };
        assert_eq!(id.to_string(), "azure::westeurope:app%3Ax/%25fn");
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        let owned = FunctionId {
            account: "sub".into(),
            ..id.clone()
        };
        assert_eq!(owned.key(), id.to_string());
    }

    #[test]
    fn a_text_without_four_parts_is_refused() {
        assert!("checkout".parse::<FunctionId>().is_err());
        assert!("aws:1:eu:".parse::<FunctionId>().is_err());
    }
}
