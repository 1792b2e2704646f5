//! What usage costs, in nanoseconds: list prices as binary numbers, found once in the exact books and
//! kept. For detectors, which price every row of every hour; bills stay exact ([`super::bill()`]).

use std::sync::Arc;

use bigdecimal::ToPrimitive;
use hashbrown::{Equivalent, HashMap};
use store::model::{FunctionId, Usage};

use super::bill::charged;
use super::books::{Books, Terms};
use super::charge::Charge;
use super::decimal::Decimal;

/// Most functions and most rates that are kept. Beyond, all are forgotten and found anew: 200,000 times
/// 200 B are 40 MB.
const KEPT_MAX: usize = 200_000;
/// What is priced to learn a rate; many, so that what exact arithmetic rounds at the end does not count.
const PROBE: u64 = 1_000_000_000;

/// What one of each costs, in the currency of the books, at list price before free grants.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// An invocation.
    pub per_invocation: f64,
    /// A millisecond of billed time, whatever the memory.
    pub per_ms: f64,
    /// A MiB of billed memory for a millisecond.
    pub per_mib_ms: f64,
}

impl Rate {
    /// What so much costs.
    #[must_use]
    pub fn usd(&self, invocations: f64, billed_ms: f64, billed_mb_ms: f64) -> f64 {
        self.per_invocation * invocations + self.per_ms * billed_ms + self.per_mib_ms * billed_mb_ms
    }
}

/// What a price depends on beside the function's place and terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Of<'a> {
    /// See [`Usage::platform`].
    pub platform: &'a str,
    /// See [`Usage::plan`].
    pub plan: &'a str,
    /// See [`Usage::architecture`].
    pub architecture: &'a str,
    /// See [`Usage::init_kind`].
    pub init_kind: &'a str,
    /// See [`Usage::memory_mb`].
    pub memory_mb: u32,
    /// See [`Usage::vcpu_milli`].
    pub vcpu_milli: u32,
}

/// Functions of one place are charged alike: provider, region and what is configured of them.
#[derive(Clone, Debug)]
struct Place {
    /// A function id with that place.
    function_id: String,
    provider: String,
    region: String,
    terms: Terms,
    /// When prices of the provider change, Unix seconds, ascending.
    changes_s: Arc<[i64]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    place: u32,
    era: u32,
    platform: String,
    plan: String,
    architecture: String,
    init_kind: String,
    memory_mb: u32,
    vcpu_milli: u32,
}

#[derive(Hash)]
struct Asked<'a> {
    place: u32,
    era: u32,
    of: Of<'a>,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.place, self.era) == (key.place, key.era) && self.of == key.of()
    }
}

impl Key {
    fn of(&self) -> Of<'_> {
        Of {
            platform: &self.platform,
            plan: &self.plan,
            architecture: &self.architecture,
            init_kind: &self.init_kind,
            memory_mb: self.memory_mb,
            vcpu_milli: self.vcpu_milli,
        }
    }
}

impl From<&Asked<'_>> for Key {
    fn from(asked: &Asked<'_>) -> Self {
        let of = &asked.of;
        Self {
            place: asked.place,
            era: asked.era,
            platform: of.platform.to_owned(),
            plan: of.plan.to_owned(),
            architecture: of.architecture.to_owned(),
            init_kind: of.init_kind.to_owned(),
            memory_mb: of.memory_mb,
            vcpu_milli: of.vcpu_milli,
        }
    }
}

/// Rates that were found.
#[derive(Debug)]
pub struct Rates {
    books: Arc<Books>,
    functions: HashMap<String, u32>,
    places: Vec<Place>,
    /// `None` where no book has a price.
    rates: HashMap<Key, Option<Rate>>,
}

impl Rates {
    /// None found yet.
    #[must_use]
    pub fn new(books: Arc<Books>) -> Self {
        Self {
            books,
            functions: HashMap::new(),
            places: Vec::new(),
            rates: HashMap::new(),
        }
    }

    /// The rate that holds at `at_s`, Unix seconds; `None` where no book has a price.
    pub fn rate(&mut self, function_id: &str, of: Of<'_>, at_s: i64) -> Option<Rate> {
        let number = self.place(function_id);
        let place = &self.places[number as usize];
        let era = place.changes_s.partition_point(|change| *change <= at_s);
        let asked = Asked {
            place: number,
            era: u32::try_from(era).unwrap_or(u32::MAX),
            of,
        };
        if let Some(rate) = self.rates.get(&asked) {
            return *rate;
        }
        if self.rates.len() >= KEPT_MAX {
            self.rates.clear();
        }
        let rate = find(&self.books, &place.function_id, of, at_s);
        self.rates.insert(Key::from(&asked), rate);
        rate
    }

    /// What a row of usage costs at list price; 0 where no book has a price.
    pub fn usd(&mut self, usage: &Usage) -> f64 {
        let of = Of {
            platform: &usage.platform,
            plan: &usage.plan,
            architecture: &usage.architecture,
            init_kind: &usage.init_kind,
            memory_mb: usage.memory_mb,
            vcpu_milli: usage.vcpu_milli,
        };
        let rate = self.rate(&usage.function_id, of, usage.from_s.into());
        rate.map_or(0.0, |rate| {
            rate.usd(
                usage.invocations as f64,
                usage.billed_ms as f64,
                usage.billed_mb_ms as f64,
            )
        })
    }

    fn place(&mut self, function_id: &str) -> u32 {
        if let Some(number) = self.functions.get(function_id) {
            return *number;
        }
        if self.functions.len() >= KEPT_MAX {
            self.functions.clear();
            self.places.clear();
            self.rates.clear();
        }
        let number = self.place_of(function_id);
        self.functions.insert(function_id.to_owned(), number);
        number
    }

    fn place_of(&mut self, function_id: &str) -> u32 {
        let id: FunctionId = function_id.parse().unwrap_or_default();
        let terms = self.books.terms_of(function_id);
        let known = self.places.iter().position(|place| {
            place.provider == id.provider && place.region == id.region && place.terms == terms
        });
        let at = known.unwrap_or_else(|| {
            let changes = self
                .books
                .price_changes(&id.provider, i64::MIN + 1, i64::MAX);
            self.places.push(Place {
                function_id: function_id.to_owned(),
                provider: id.provider,
                region: id.region,
                terms,
                changes_s: changes.into(),
            });
            self.places.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX) // at most one for each function
    }
}

/// Prices `PROBE` of each alone; charges are linear in them.
fn find(books: &Books, function_id: &str, of: Of<'_>, at_s: i64) -> Option<Rate> {
    let base = Usage {
        function_id: function_id.to_owned(),
        platform: of.platform.to_owned(),
        plan: of.plan.to_owned(),
        architecture: of.architecture.to_owned(),
        init_kind: of.init_kind.to_owned(),
        memory_mb: of.memory_mb,
        vcpu_milli: of.vcpu_milli,
        from_s: u32::try_from(at_s.max(0)).unwrap_or(u32::MAX),
        ..Usage::default()
    };
    let price = |usage: Usage| -> Option<f64> {
        let charges = charged(books, &usage).ok()?.charges;
        let amount: Decimal = charges.iter().map(Charge::list_amount).sum();
        Some(amount.to_f64()? / PROBE as f64)
    };
    Some(Rate {
        per_invocation: price(Usage {
            invocations: PROBE,
            ..base.clone()
        })?,
        per_ms: price(Usage {
            billed_ms: PROBE,
            ..base.clone()
        })?,
        per_mib_ms: price(Usage {
            billed_mb_ms: PROBE,
            ..base
        })?,
    })
}
