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

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in [&self.provider, &self.account, &self.region, &self.name]
            .into_iter()
            .enumerate()
        {
            if i > 0 {
                f.write_str(":")?;
            }
            for c in part.chars() {
                match c {
                    ':' => f.write_str("%3A")?,
                    '%' => f.write_str("%25")?,
                    _ => write!(f, "{c}")?,
                }
            }
        }
        Ok(())
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
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_text_without_four_parts_is_refused() {
        assert!("checkout".parse::<FunctionId>().is_err());
        assert!("aws:1:eu:".parse::<FunctionId>().is_err());
    }
}
