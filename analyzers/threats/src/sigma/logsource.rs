//! Where events come from, and which rules look at them.

use serde::Deserialize;

use super::fault::{Refusal, refuse};
use super::yaml::Node;

/// The source of events, or what a rule asks of it. All in small letters; None where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct LogSource {
    /// A kind of events, as `process_creation`.
    pub category: Option<String>,
    /// A product, as `aws`.
    pub product: Option<String>,
    /// A part of the product's events, as `cloudtrail`.
    pub service: Option<String>,
}

impl LogSource {
    /// A source by its parts; empty parts are none.
    pub fn new(category: Option<&str>, product: Option<&str>, service: Option<&str>) -> Self {
        let part = |text: Option<&str>| {
            let text = text?.trim().to_lowercase();
            (!text.is_empty()).then_some(text)
        };
        let product = part(product);
        let service = part(service).map(|service| bare(service, product.as_deref()));
        Self {
            category: part(category),
            product,
            service,
        }
    }

    pub(super) fn read(node: &Node) -> Result<Self, Refusal> {
        let Some(source) = node.get("logsource") else {
            return refuse(node.at, "`logsource` is missing");
        };
        if source.entries().is_none() {
            return refuse(
                source.at,
                "`logsource` is a map of `category`, `product` and `service`",
            );
        }
        let (category, product, service) = (
            source.text("category")?,
            source.text("product")?,
            source.text("service")?,
        );
        let read = Self::new(category.as_deref(), product.as_deref(), service.as_deref());
        match read == Self::default() {
            true => refuse(
                source.at,
                "`logsource` names no `category`, `product` or `service`",
            ),
            false => Ok(read),
        }
    }

    /// Whether a rule that asks for this looks at events of that source. What a rule does not name may be
    /// anything. An event names its product and service; its category only sometimes, so an event
    /// without one is of any.
    pub fn covers(&self, event: &Self) -> bool {
        let named = |asked: &Option<String>, own: &Option<String>| asked.is_none() || asked == own;
        named(&self.product, &event.product)
            && named(&self.service, &event.service)
            && (event.category.is_none() || named(&self.category, &event.category))
    }

    /// Whether everything this names is named the same by the other.
    pub(super) fn includes(&self, other: &Self) -> bool {
        let named = |asked: &Option<String>, own: &Option<String>| asked.is_none() || asked == own;
        named(&self.category, &other.category)
            && named(&self.product, &other.product)
            && named(&self.service, &other.service)
    }
}

/// Rules name services with and without their product: `gcp.audit` and `audit`.
fn bare(service: String, product: Option<&str>) -> String {
    let own = product.and_then(|product| service.strip_prefix(product)?.strip_prefix('.'));
    match own {
        Some(bare) if !bare.is_empty() => bare.to_owned(),
        _ => service,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(category: &str, product: &str, service: &str) -> LogSource {
        LogSource::new(Some(category), Some(product), Some(service))
    }

    #[test]
    fn what_a_rule_does_not_name_may_be_anything() {
        let trail = source("", "AWS", "CloudTrail");
        assert!(source("", "aws", "cloudtrail").covers(&trail));
        assert!(source("", "aws", "").covers(&trail));
        assert!(
            source("webserver", "", "").covers(&trail),
            "its category is not known"
        );
        assert!(!source("", "gcp", "").covers(&trail));
        assert!(!source("", "aws", "waf").covers(&trail));
        assert!(!source("", "aws", "").covers(&LogSource::default()));
        let web = source("webserver", "", "");
        assert!(web.covers(&web) && !source("proxy", "", "").covers(&web));
    }

    #[test]
    fn a_service_may_repeat_its_product() {
        assert_eq!(source("", "gcp", "gcp.audit"), source("", "gcp", "audit"));
        assert_eq!(
            source("", "gcp", "google.audit").service.as_deref(),
            Some("google.audit")
        );
    }
}
