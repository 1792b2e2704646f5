//! A month's bill from a month's usage: what each row costs, and the lines that add up to it.

use std::sync::Arc;

use bigdecimal::Zero;
use store::model::{FunctionId, Usage};

use super::Provenance;
use super::book::{Asked, Dimension, Plan, Price};
use super::books::Books;
use super::charge::{Charge, NoPrice, Used, charges, find, plan_of};
use super::decimal::{Decimal, divided};
use super::ledger::{Ledger, RowShare, Whose};
use super::month::{Month, Period};
use super::standing;
use super::tiers::TierPart;

/// What a month costs. The rows' amounts and the standing lines, less free grants, rounded line by line,
/// are the bill: [`Bill::cents`] = Σ rows + [`Bill::standing`] − [`Bill::granted`] + [`Bill::rounding`],
/// exactly.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    /// One for each provider and payer, in order.
    pub payers: Vec<PayerBill>,
    /// What each usage row costs, in the rows' order.
    pub rows: Vec<RowCost>,
    /// Rows that no book prices. They cost nothing here, which is not the truth: say so.
    pub unpriced: Vec<Unpriced>,
}

/// What one payer pays one provider for a month.
#[derive(Clone, Debug)]
pub struct PayerBill {
    /// `aws`, …
    pub provider: String,
    /// The configured name or the account; empty for all accounts of the provider.
    pub payer: String,
    /// Of the provider's billing calendar.
    pub month: Month,
    /// The book's id.
    pub book: String,
    /// Three letters.
    pub currency: String,
    /// In order of their entries.
    pub lines: Vec<LineItem>,
}

/// One line: a quantity under one price.
#[derive(Clone, Debug)]
pub struct LineItem {
    /// The price, with its dimension, unit, entry, book and source.
    pub price: Arc<Price>,
    /// The region; empty when not told.
    pub region: String,
    /// Whose, if it is something that stands ready.
    pub function_id: String,
    /// Whether it is charged without invocations.
    pub standing: bool,
    /// In the unit its dimension is counted in, free usage included.
    pub quantity: Decimal,
    /// Of the quantity: covered by a free grant.
    pub free_quantity: Decimal,
    /// Through the tiers, before grants. Exact.
    pub gross: Decimal,
    /// What a grant takes off. Exact.
    pub free_amount: Decimal,
    /// What is billed, through the tiers.
    pub tiers: Vec<TierPart>,
    /// Gross less grant. Exact.
    pub amount: Decimal,
    /// The amount rounded to cents, half up: what the bill says.
    pub cents: Decimal,
    /// How sure it is.
    pub provenance: Provenance,
    /// Of how many invocations the billed time is measured, derived, assumed.
    pub counts: Counts,
    /// What was taken for granted, in sentences.
    pub assumptions: Vec<String>,
}

/// Invocations by how their billed time is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The platform's own word.
    pub measured: u64,
    /// Computed from measured figures.
    pub derived: u64,
    /// Computed from assumptions.
    pub assumed: u64,
    /// Nothing says how long they ran; only their requests are priced.
    pub unpriced: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.measured += other.measured;
        self.derived += other.derived;
        self.assumed += other.assumed;
        self.unpriced += other.unpriced;
    }

    /// The least sure of them.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        match self {
            Self { assumed: 1.., .. } | Self { unpriced: 1.., .. } => Provenance::Assumed,
            Self { derived: 1.., .. } => Provenance::Derived,
            _ => Provenance::Measured,
        }
    }
}

/// What one usage row costs before free grants, tiers included. Exact but for the 15th digit behind the
/// point, at which a line is shared out among its rows.
#[derive(Clone, Debug, Default)]
pub struct RowCost {
    /// All of it.
    pub amount: Decimal,
    /// By dimension.
    pub parts: Vec<(Dimension, Decimal)>,
    /// Of the amount: for initialisations alone.
    pub init: Decimal,
    /// Of the amount: for minimums and steps of time alone.
    pub rounding: Decimal,
}

/// A usage row without a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpriced {
    /// Its place among the rows.
    pub row: usize,
    /// Why.
    pub reason: NoPrice,
}

impl PayerBill {
    /// What is to be paid: the lines' cents.
    #[must_use]
    pub fn cents(&self) -> Decimal {
        self.lines.iter().map(|line| &line.cents).sum()
    }

    /// The same before it is rounded.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.lines.iter().map(|line| &line.amount).sum()
    }
}

impl Bill {
    fn sum(&self, of: impl Fn(&LineItem) -> &Decimal) -> Decimal {
        self.payers
            .iter()
            .flat_map(|payer| &payer.lines)
            .map(of)
            .sum()
    }

    /// What is to be paid: the lines' cents.
    #[must_use]
    pub fn cents(&self) -> Decimal {
        self.sum(|line| &line.cents)
    }

    /// The same before it is rounded.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.sum(|line| &line.amount)
    }

    /// Before free grants.
    #[must_use]
    pub fn gross(&self) -> Decimal {
        self.sum(|line| &line.gross)
    }

    /// What free grants take off.
    #[must_use]
    pub fn granted(&self) -> Decimal {
        self.sum(|line| &line.free_amount)
    }

    /// What rounding to cents adds, or takes off where it is negative.
    #[must_use]
    pub fn rounding(&self) -> Decimal {
        self.cents() - self.amount()
    }

    /// What stands ready costs, before free grants.
    #[must_use]
    pub fn standing(&self) -> Decimal {
        let lines = self.payers.iter().flat_map(|payer| &payer.lines);
        lines
            .filter(|line| line.standing)
            .map(|line| &line.gross)
            .sum()
    }
}

/// The bill for the usage of one billing period: `rows` lie within `period`, by hours, by days or summed
/// over all of it. The price of a row is the one that holds at its first second, so rows must not be
/// summed across a change of prices ([`Books::price_changes`]).
#[must_use]
pub fn bill(books: &Books, rows: &[Usage], period: Period) -> Bill {
    let mut ledger = Ledger::default();
    let mut unpriced = Vec::new();
    for (row, usage) in rows.iter().enumerate() {
        if let Err(reason) = add(books, &mut ledger, row, usage) {
            unpriced.push(Unpriced { row, reason });
        }
    }
    for stands in standing::charges(books, &period) {
        let whose = Whose {
            provider: &stands.provider,
            payer: &books.payer(&stands.provider, &stands.account),
            region: &stands.region,
            function_id: &stands.function_id,
        };
        ledger.add(&whose, stands.charge, None, Counts::default(), Vec::new());
    }
    let (payers, shares) = ledger.close(books, period.month);
    Bill {
        payers,
        rows: row_costs(rows, shares),
        unpriced,
    }
}

fn add(books: &Books, ledger: &mut Ledger, row: usize, usage: &Usage) -> Result<(), NoPrice> {
    let of = charged(books, usage)?;
    let counts = Counts {
        measured: usage.billed_measured,
        derived: usage.billed_derived,
        assumed: usage.billed_assumed,
        unpriced: usage.unpriced,
    };
    let whose = Whose {
        provider: &of.id.provider,
        payer: &books.payer(&of.id.provider, &of.id.account),
        region: &of.id.region,
        function_id: "",
    };
    for charge in of.charges {
        let counts = counts.of(&charge, usage.invocations);
        let mut said = match charge.price.dimension {
            Dimension::Requests => Vec::new(),
            _ => of.assumptions.clone(),
        };
        if charge.price.dimension == Dimension::VcpuS && usage.vcpu_milli == 0 {
            said.push("vcpu is not configured: what the platform gives by default".to_owned());
        }
        ledger.add(&whose, charge, Some(row), counts, said);
    }
    Ok(())
}

/// What a row of usage is charged, before tiers and grants.
pub(super) struct Charged {
    pub(super) id: FunctionId,
    pub(super) charges: Vec<Charge>,
    /// What was taken for granted of its time, in sentences.
    assumptions: Vec<String>,
}

/// Finds the prices of a row of usage.
pub(super) fn charged(books: &Books, usage: &Usage) -> Result<Charged, NoPrice> {
    let id: FunctionId = usage.function_id.parse().unwrap_or_default();
    let none = || match id.provider.as_str() {
        "" => NoPrice::Provider(super::charge::short(&usage.function_id)),
        told => NoPrice::Provider(super::charge::short(told)),
    };
    let (book, provider) = books.of(&id.provider).ok_or_else(none)?;
    let plan = find(
        &book.id,
        provider,
        &usage.platform,
        plan_of(&usage.plan, &usage.init_kind),
    )?;
    let terms = books.terms_of(&usage.function_id);
    let mut assumptions = Vec::new();
    let by_arch = plan.prices.iter().any(|price| price.arch.is_some());
    let arch = match (usage.architecture.as_str(), by_arch) {
        ("", true) => {
            assumptions.push("the architecture is not told: x86_64".to_owned());
            "x86_64"
        }
        (told, _) => told,
    };
    let memory = memory(plan, usage, &mut assumptions);
    let used = Used {
        invocations: usage.invocations.into(),
        billed_ms: usage.billed_ms.into(),
        mb_ms: memory.mb_ms,
        memory_mb: memory.mb,
        vcpu_milli: usage.vcpu_milli,
        concurrency: terms.concurrency,
        ephemeral_mb: terms.ephemeral_storage_mb,
        restores: match usage.init_kind.as_str() {
            "snapstart-restore" => usage.invocations.into(),
            _ => Decimal::zero(),
        },
        egress_gb: Decimal::zero(),
        runtime: terms.runtime,
    };
    let asked = Asked {
        region: &id.region,
        arch,
        at_s: usage.from_s.into(),
    };
    let charges = charges(&book.id, provider, plan, asked, &used)?;
    Ok(Charged {
        id,
        charges,
        assumptions,
    })
}

struct Memory {
    mb: Decimal,
    mb_ms: Decimal,
}

/// The row's memory; where nobody tells it, the plan's usual size instead of none.
fn memory(plan: &Plan, usage: &Usage, assumptions: &mut Vec<String>) -> Memory {
    let usual = plan.default_memory_mb.unwrap_or(0);
    if usage.memory_mb > 0 || usage.billed_mb_ms > 0 || usage.billed_ms == 0 || usual == 0 {
        return Memory {
            mb: usage.memory_mb.into(),
            mb_ms: usage.billed_mb_ms.into(),
        };
    }
    assumptions.push(format!("the memory is not told: {usual} MiB"));
    Memory {
        mb: usual.into(),
        mb_ms: Decimal::from(usage.billed_ms) * Decimal::from(usual),
    }
}

impl Counts {
    /// Requests are counted, whatever is known of their time.
    fn of(self, charge: &Charge, invocations: u64) -> Self {
        match charge.price.dimension {
            Dimension::Requests => Self {
                measured: invocations,
                ..Self::default()
            },
            _ => self,
        }
    }
}

fn row_costs(rows: &[Usage], shares: Vec<RowShare>) -> Vec<RowCost> {
    const DIGITS: i64 = 15;
    let mut out = vec![RowCost::default(); rows.len()];
    for share in shares {
        let (usage, cost) = (&rows[share.row], &mut out[share.row]);
        let dimension = share.price.dimension;
        let by_time = !matches!(
            dimension,
            Dimension::Requests | Dimension::RestoreGb | Dimension::EgressGb
        );
        if by_time && usage.billed_ms > 0 {
            let billed_us = Decimal::from(usage.billed_ms) * Decimal::from(1000);
            let init_us = Decimal::from(usage.billed_init_ms) * Decimal::from(1000);
            let part = |us: Decimal| divided(&(&share.amount * us), &billed_us, DIGITS);
            cost.init += part(init_us);
            cost.rounding += part(usage.rounding_us.into());
        }
        cost.amount += &share.amount;
        cost.parts.push((dimension, share.amount));
    }
    out
}
