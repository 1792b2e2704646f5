//! The columns of FOCUS 1.2 that a bill of functions has: all mandatory ones, and of the others those
//! that are known here. Columns of our own begin with `x_`.

use analyzers::cost::PayerBill;
use analyzers::cost::decimal::{Decimal, text};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::web::Cell;

/// In alphabetical order, as the specification lists them.
pub(super) const COLUMNS: [&str; 41] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "x_PriceBook",
    "x_Provenance",
];

/// Columns that may be empty; all others are in every row.
#[cfg(test)]
pub(super) const NULLABLE: [&str; 20] = [
    "BillingAccountName",
    "ChargeClass",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedUnitPrice",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "x_Provenance",
];

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) category: &'static str,
    pub(super) frequency: &'static str,
    pub(super) description: String,
    /// From when until when, ISO 8601.
    pub(super) charge: (String, String),
    pub(super) list: Option<Decimal>,
    /// Billed and effective cost.
    pub(super) cost: Decimal,
    pub(super) quantity: Option<Decimal>,
    pub(super) unit: &'static str,
    pub(super) unit_price: Option<Decimal>,
    pub(super) sku: String,
    pub(super) resource: String,
    pub(super) resource_name: String,
    pub(super) account: String,
    pub(super) provenance: &'static str,
    pub(super) provider: String,
    pub(super) payer: String,
    pub(super) currency: String,
    pub(super) book: String,
    pub(super) region: String,
    pub(super) billing: (String, String),
}

impl Row {
    /// What all rows of a payer's month have.
    pub(super) fn of(payer: &PayerBill, region: &str, calendar: &TimeZone) -> Self {
        let (from_s, until_s) = payer.month.range_s(calendar);
        let month = (instant(from_s), instant(until_s));
        Self {
            category: "Usage",
            frequency: "Usage-Based",
            description: String::new(),
            charge: month.clone(),
            list: None,
            cost: Decimal::default(),
            quantity: None,
            unit: "",
            unit_price: None,
            sku: String::new(),
            resource: String::new(),
            resource_name: String::new(),
            account: String::new(),
            provenance: "",
            provider: payer.provider.clone(),
            payer: payer.payer.clone(),
            currency: payer.currency.clone(),
            book: payer.book.clone(),
            region: region.to_owned(),
            billing: month,
        }
    }

    /// A cell for each of [`COLUMNS`].
    pub(super) fn cells(self) -> Vec<Cell> {
        let told = |text: &str| {
            if text.is_empty() {
                Cell::None
            } else {
                text.into()
            }
        };
        let amount = |value: &Option<Decimal>| value.as_ref().map_or(Cell::None, number);
        let (provider, service) = names(&self.provider);
        let payer = if self.payer.is_empty() {
            self.provider.as_str()
        } else {
            self.payer.as_str()
        };
        let cost = number(&self.cost);
        // What takes something off, or rounds, has no list price.
        let list = self
            .list
            .as_ref()
            .map_or_else(|| number(&Decimal::default()), number);
        // What is consumed is told of usage alone.
        let used = self.category == "Usage";
        let consumed = if used {
            amount(&self.quantity)
        } else {
            Cell::None
        };
        let priced = matches!(self.category, "Usage" | "Purchase");
        vec![
            cost.clone(),
            payer.into(),
            told(&self.payer),
            "Payer".into(),
            self.currency.as_str().into(),
            self.billing.1.as_str().into(),
            self.billing.0.as_str().into(),
            self.category.into(),
            Cell::None,
            self.description.as_str().into(),
            self.frequency.into(),
            self.charge.1.as_str().into(),
            self.charge.0.as_str().into(),
            consumed,
            told(if used { self.unit } else { "" }),
            list.clone(),
            amount(&self.unit_price),
            cost,
            provider.into(),
            list,
            amount(&self.unit_price),
            told(if priced { "Standard" } else { "" }),
            amount(&self.quantity),
            told(self.unit),
            provider.into(),
            provider.into(),
            told(&self.region),
            told(&self.region),
            told(&self.resource),
            told(&self.resource_name),
            told(if self.resource.is_empty() {
                ""
            } else {
                "Function"
            }),
            "Compute".into(),
            service.into(),
            "Serverless Compute".into(),
            told(&self.sku),
            told(&self.sku),
            told(&self.account),
            told(&self.account),
            told(if self.account.is_empty() {
                ""
            } else {
                "Account"
            }),
            self.book.as_str().into(),
            told(self.provenance),
        ]
    }
}

fn number(value: &Decimal) -> Cell {
    Cell::Decimal(text(value))
}

/// A moment as FOCUS writes it.
pub(super) fn instant(at_s: i64) -> String {
    Timestamp::from_second(at_s).map_or(String::new(), |t| {
        t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    })
}

/// Provider and service, as they call themselves.
fn names(provider: &str) -> (&str, &str) {
    match provider {
        "aws" => ("AWS", "AWS Lambda"),
        "azure" => ("Microsoft", "Azure Functions"),
        "gcp" => ("Google Cloud", "Cloud Run functions"),
        "cloudflare" => ("Cloudflare", "Workers"),
        other => (other, "Functions"),
    }
}
