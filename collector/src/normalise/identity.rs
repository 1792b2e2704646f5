//! From clues to the identity of a function, with the reason for each part.

use std::borrow::Cow;

use store::model::{Attributes, FunctionId};

use super::Platform;

/// All parts of an identity together, in bytes; a longer one is no function of any platform
/// (Azure's are the longest: provider 5, subscription 36, region 20, name 60 + 1 + 127) and would
/// bloat every key.
const IDENTITY_BYTES: usize = 320;

/// How a part of an identity became known, and by which attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// The attribute says it outright.
    Measured(&'static str),
    /// Worked out of the attribute: an ARN, a resource id, a log group.
    Derived(&'static str),
    /// Taken for it because nothing better was told: the service's name for the function's, the
    /// only account known for a function of this name.
    Assumed(&'static str),
}

/// One part of an identity.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) from: Provenance,
}

impl Part {
    /// What the attribute `key` says outright.
    pub(super) fn measured((key, text): (&'static str, &str)) -> Self {
        Self {
            text: text.to_owned(),
            from: Provenance::Measured(key),
        }
    }

    /// What was worked out of the attribute `key`.
    pub(super) fn derived(key: &'static str, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            from: Provenance::Derived(key),
        }
    }

    /// What is taken from the attribute `key` for want of better.
    pub(super) fn assumed((key, text): (&'static str, &str)) -> Self {
        Self {
            text: text.to_owned(),
            from: Provenance::Assumed(key),
        }
    }
}

/// What a platform reads out of a resource and one of its spans, records or points.
#[derive(Debug)]
pub(super) struct Clues {
    /// `aws`, `azure`, … as in [`FunctionId::provider`].
    pub(super) provider: Cow<'static, str>,
    /// The text for the `platform` columns.
    pub(super) platform: &'static str,
    pub(super) account: Option<Part>,
    pub(super) region: Option<Part>,
    pub(super) name: Option<Part>,
}

impl Clues {
    /// Nothing but the platform.
    pub(super) fn of(provider: &'static str, platform: &'static str) -> Self {
        Self {
            provider: provider.into(),
            platform,
            account: None,
            region: None,
            name: None,
        }
    }
}

/// A function's identity and where each part of it was read.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The function.
    pub id: FunctionId,
    /// `aws_lambda`, `azure.functions`, …: the text for the `platform` columns.
    pub platform: &'static str,
    /// Why the platform was recognised.
    pub platform_from: Provenance,
    /// Where the account was read; `None` when it is not known.
    pub account_from: Option<Provenance>,
    /// Where the region was read; `None` when it is not known.
    pub region_from: Option<Provenance>,
    /// Where the name was read.
    pub name_from: Provenance,
    /// [`FunctionId`] as text, the key of every table of ours.
    pub(super) text: String,
    pub(super) rules: &'static dyn Platform,
}

impl Identity {
    /// An identity, if the clues name a function.
    pub(super) fn new(
        rules: &'static dyn Platform,
        platform_from: Provenance,
        clues: Clues,
    ) -> Option<Self> {
        let name = clues.name?;
        let (account, account_from) = split(clues.account);
        let (region, region_from) = split(clues.region);
        let provider = clues.provider.into_owned();
        let id = FunctionId {
            provider,
            account,
            region,
            name: name.text,
        };
        let bytes = id.provider.len() + id.account.len() + id.region.len() + id.name.len();
        if id.name.is_empty() || bytes > IDENTITY_BYTES {
            return None;
        }
        let text = id.to_string();
        Some(Self {
            id,
            platform: clues.platform,
            platform_from,
            account_from,
            region_from,
            name_from: name.from,
            text,
            rules,
        })
    }

    /// The same function with the only account that is known for it.
    pub(super) fn with_account(&self, account: &str) -> Self {
        let mut filled = self.clone();
        account.clone_into(&mut filled.id.account);
        filled.account_from = Some(Provenance::Assumed("cloud.account.id"));
        filled.text = filled.id.to_string();
        filled
    }

    /// Whether the name is only the service's.
    pub(super) const fn is_guess(&self) -> bool {
        matches!(self.name_from, Provenance::Assumed(_))
    }
}

fn split(part: Option<Part>) -> (String, Option<Provenance>) {
    part.map_or_else(Default::default, |part| (part.text, Some(part.from)))
}

/// What can be seen of one span, record or point: its own attributes first, then its resource's.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) resource: Attributes<'a>,
    pub(super) item: Attributes<'a>,
    /// A function name found outside of attributes: in a log line or its category.
    pub(super) hint: Option<&'a str>,
}

impl<'a> Seen<'a> {
    pub(super) const fn new(resource: Attributes<'a>, item: Attributes<'a>) -> Self {
        Self {
            resource,
            item,
            hint: None,
        }
    }

    /// The value of `key`, if told and not empty.
    pub(super) fn get(&self, key: &'static str) -> Option<&'a str> {
        self.item
            .first(&[key])
            .or_else(|| self.resource.first(&[key]))
    }

    /// The first of `keys` that is told and not empty.
    pub(super) fn first(&self, keys: &[&'static str]) -> Option<(&'static str, &'a str)> {
        keys.iter()
            .find_map(|key| self.get(key).map(|value| (*key, value)))
    }

    /// Like [`Self::first`], of the resource alone.
    pub(super) fn of_resource(&self, keys: &[&'static str]) -> Option<(&'static str, &'a str)> {
        keys.iter()
            .find_map(|key| self.resource.first(&[key]).map(|value| (*key, value)))
    }

    /// `cloud.platform` in one spelling, with the attribute it came from.
    pub(super) fn platform(&self) -> Option<(&'static str, &'static str)> {
        let (key, told) = self.first(&["cloud.platform", "cloud.infrastructure_service"])?;
        canonical_platform(told).map(|platform| (key, platform))
    }

    /// `cloud.platform` when it is `platform`: the surest reason to recognise it.
    pub(super) fn platform_is(&self, platform: &str) -> Option<Provenance> {
        let (key, told) = self.platform()?;
        (told == platform).then_some(Provenance::Measured(key))
    }

    /// Whether `cloud.provider` is `provider` and `cloud.platform` names no other function service.
    pub(super) fn provider_is(&self, provider: &str) -> bool {
        self.get("cloud.provider") == Some(provider) && self.platform().is_none()
    }
}

/// Attributes that make a span, record or point tell a function of its own.
const IDENTITY_KEYS: [&str; 5] = [
    "aws.lambda.invoked_arn",
    "cloud.resource_id",
    "cloudflare.script_name",
    "faas.id",
    "faas.name",
];

/// Whether an item's own attributes say anything about the function.
pub(super) fn tells_identity(item: Attributes<'_>) -> bool {
    IDENTITY_KEYS
        .iter()
        .any(|key| item.get(key).is_some_and(|value| !value.is_empty()))
}

/// One spelling for the `cloud.platform` values of function services: conventions 1.35 renamed
/// Azure's with dots, emitters differ in dots, dashes and underscores.
pub(super) fn canonical_platform(told: &str) -> Option<&'static str> {
    if told.len() > 64 {
        return None;
    }
    let told = told
        .trim()
        .to_ascii_lowercase()
        .replace(['.', '-', ' '], "_");
    let known = match told.as_str() {
        "aws_lambda" => "aws_lambda",
        "azure_functions" | "azure_function" => "azure.functions",
        "gcp_cloud_functions" | "gcp_cloud_function" | "google_cloud_functions" => {
            "gcp_cloud_functions"
        }
        "gcp_cloud_run" | "google_cloud_run" => "gcp_cloud_run",
        "cloudflare_workers" | "cloudflare_worker" => "cloudflare.workers",
        "vercel" | "vercel_functions" | "vercel_edge" => "vercel",
        "knative" | "knative_serving" => "knative",
        "alibaba_cloud_fc" => "alibaba_cloud_fc",
        "tencent_cloud_scf" => "tencent_cloud_scf",
        "ibm_cloud_functions" => "ibm_cloud_functions",
        "openfaas" => "openfaas",
        _ => return None,
    };
    Some(known)
}

/// The part of a `/`-separated path behind `label`, compared without case as Azure does.
pub(super) fn path_part<'a>(path: &'a str, label: &str) -> Option<&'a str> {
    let mut parts = path.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(label))?;
    parts.next().filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_parts_are_found_behind_their_label() {
        let path = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/shop";
        assert_eq!(path_part(path, "resourcegroups"), Some("rg"));
        assert_eq!(path_part(path, "sites"), Some("shop"));
        assert_eq!(path_part(path, "functions"), None);
        assert_eq!(path_part("/sites/", "sites"), None);
    }

    #[test]
    fn every_spelling_of_a_platform_is_one_platform() {
        for told in ["azure_functions", "azure.functions", "Azure-Functions"] {
            assert_eq!(canonical_platform(told), Some("azure.functions"), "{told}");
        }
        assert_eq!(canonical_platform("aws_ec2"), None);
        assert_eq!(canonical_platform(&"x".repeat(1_000_000)), None);
    }
}
