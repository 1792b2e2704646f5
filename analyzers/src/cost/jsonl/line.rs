//! One line's keys, in the spellings people use.

use bigdecimal::Zero;
use store::model::{FunctionId, InitKind};

use super::object::Object;
use crate::cost::book::{Dimension, ProviderBook, spelled};
use crate::cost::books::{Books, architecture};
use crate::cost::charge::short;
use crate::cost::decimal::{Decimal, up_to_step};
use crate::cost::one::OneInvocation;

/// Ten years; nothing that is billed by the millisecond runs longer.
const MS_MAX: u64 = 315_360_000_000;
/// A petabyte.
const MB_MAX: u64 = 1 << 30;
/// The year 3000; what is beyond is in another unit.
const SECOND_MAX: i64 = 32_503_680_000;

/// A line as it was understood.
pub(super) struct Read {
    pub one: OneInvocation,
    pub account: String,
    /// What the line does not tell and was taken for granted.
    pub assumptions: Vec<String>,
}

pub(super) fn read(books: &Books, object: &Object<'_>) -> Result<Read, String> {
    let mut assumptions = Vec::new();
    let platform = object.text("platform")?;
    let provider = provider(books, &object.text("provider")?, &platform)?;
    let Some((_, prices)) = books.of(&provider) else {
        return Err(format!(
            "no price book here prices `{}`: name another with --book, or one of yours in costs.books",
            short(&provider)
        ));
    };
    if platform.is_empty() && prices.platforms.len() > 1 {
        let usual = prices.platform("").unwrap_or_default();
        assumptions.push(format!("the platform is not told: {usual}"));
    }
    let architecture = match object.text("arch")?.as_str() {
        "" => architecture(&object.text("architecture")?)?,
        told => architecture(told)?,
    };
    let region = object.text("region")?.to_ascii_lowercase().replace(' ', "");
    let mut one = OneInvocation {
        architecture: architecture.to_owned(),
        runtime: object.text("runtime")?,
        start_s: seconds(object)?,
        memory_mb: object.bounded("memory_mb", MB_MAX)?,
        memory_used_mb: object.bounded("memory_used_mb", MB_MAX)?,
        vcpu_milli: vcpu_milli(object)?,
        duration_ms: object.bounded("duration_ms", MS_MAX)?,
        init_ms: object.bounded("init_ms", MS_MAX)?,
        cpu_ms: object.bounded("cpu_ms", MS_MAX)?,
        billed_ms: object.bounded("billed_ms", MS_MAX)?,
        ephemeral_storage_mb: object.whole("ephemeral_storage_mb", MB_MAX)? as u32,
        concurrency: object.whole("concurrency", 1_000_000)? as u32,
        egress_gb: object.bounded("egress_gb", MB_MAX)?,
        requests: match object.decimal("requests")? {
            None => 1,
            Some(_) => object.whole("requests", 1_000_000_000_000_000)?.max(1),
        },
        provider,
        platform,
        region,
        ..OneInvocation::default()
    };
    if prices.platform(&one.platform).is_none()
        && let Some((platform, plan)) = prices.platform_with_plan(&one.platform)
    {
        (one.platform, one.plan) = (platform.to_owned(), plan.id.clone());
    }
    if object
        .decimal("requests")?
        .is_some_and(|requests| requests.is_zero())
    {
        return Err("`requests` is 0; a line is one invocation or more".to_owned());
    }
    kind(prices, &object.text("kind")?, &mut one);
    some_memory(prices, &mut one)?;
    let account = object.text("account")?;
    configured(books, object, &account, &mut one)?;
    Ok(Read {
        one,
        account,
        assumptions,
    })
}

/// What the configuration tells of the function, where the line names it and tells less.
fn configured(
    books: &Books,
    object: &Object<'_>,
    account: &str,
    one: &mut OneInvocation,
) -> Result<(), String> {
    let name = object.text("function")?;
    if name.is_empty() {
        return Ok(());
    }
    let id = FunctionId {
        provider: one.provider.clone(),
        account: account.to_owned(),
        region: one.region.clone(),
        name,
    };
    let terms = books.terms_of(&id.to_string());
    if one.memory_mb.is_none() && terms.size.memory_mb > 0 {
        one.memory_mb = Some(terms.size.memory_mb.into());
    }
    let or = |told: &mut u32, configured: u32| {
        if *told == 0 {
            *told = configured;
        }
    };
    or(&mut one.vcpu_milli, terms.size.vcpu_milli);
    or(&mut one.ephemeral_storage_mb, terms.ephemeral_storage_mb);
    or(&mut one.concurrency, terms.concurrency);
    for (told, configured) in [
        (&mut one.architecture, terms.size.architecture),
        (&mut one.plan, terms.size.plan),
        (&mut one.runtime, terms.runtime),
    ] {
        if told.is_empty() {
            *told = configured;
        }
    }
    Ok(())
}

fn provider(books: &Books, told: &str, platform: &str) -> Result<String, String> {
    let name = match spelled(told).as_str() {
        "amazon" | "aws" | "amazon-web-services" => "aws",
        "azure" | "microsoft" | "microsoft-azure" => "azure",
        "gcp" | "google" | "google-cloud" => "gcp",
        "cloudflare" => "cloudflare",
        "" => {
            let of = |provider: &&str| {
                books
                    .of(provider)
                    .is_some_and(|(_, prices)| prices.platform(platform).is_some())
            };
            return match books.providers().find(of).filter(|_| !platform.is_empty()) {
                Some(found) => Ok(found.to_owned()),
                None => Err("`provider` is missing: aws, azure, gcp or cloudflare".to_owned()),
            };
        }
        _ => told,
    };
    Ok(name.to_owned())
}

/// No memory is a fault where memory is billed, and nothing where it is not.
fn some_memory(prices: &ProviderBook, one: &mut OneInvocation) -> Result<(), String> {
    if one
        .memory_mb
        .as_ref()
        .is_none_or(|memory| !memory.is_zero())
    {
        return Ok(());
    }
    let platform = prices.platform(&one.platform);
    let plan = platform.and_then(|platform| prices.plan(platform, &one.plan));
    if plan.is_some_and(|plan| plan.dimensions().contains(&Dimension::GbS)) {
        return Err("`memory_mb` is 0; leave it out when it is not known".to_owned());
    }
    one.memory_mb = None;
    Ok(())
}

fn vcpu_milli(object: &Object<'_>) -> Result<u32, String> {
    let Some(vcpu) = object.bounded("vcpu", 1_000)? else {
        return Ok(0);
    };
    let milli = vcpu * Decimal::from(1000);
    let whole = up_to_step(&milli, 1);
    match whole == milli {
        true => Ok(crate::cost::decimal::text(&whole).parse().unwrap_or(0)),
        false => Err("`vcpu` has at most three digits behind the point".to_owned()),
    }
}

/// When it started: RFC 3339 (UTC where it names no zone, and its midnight for a day), or Unix seconds.
fn seconds(object: &Object<'_>) -> Result<i64, String> {
    let told = object.text("time")?;
    let unknown = || {
        format!(
            "`time` is `{}`: write RFC 3339 (2025-08-01T00:00:00Z) or Unix seconds",
            short(&told)
        )
    };
    if told.is_empty() {
        return Err("`time` is missing: prices depend on it; RFC 3339 or Unix seconds".to_owned());
    }
    if let Some(second) = crate::cost::month::second(&told) {
        return Ok(second);
    }
    let number = crate::cost::decimal::parse(&told).map_err(|_| unknown())?;
    let text = number.with_scale(0).to_plain_string();
    match text.parse::<i64>() {
        Ok(second @ 0..=SECOND_MAX) => Ok(second),
        _ => Err(format!(
            "`time` is {}: are these milliseconds? Write Unix seconds",
            short(&told)
        )),
    }
}

/// A kind is a plan, or tells how the sandbox began or whose runtime it is.
fn kind(prices: &ProviderBook, told: &str, one: &mut OneInvocation) {
    let kind = spelled(told);
    let plan = prices
        .platform(&one.platform)
        .and_then(|platform| prices.plan(platform, &kind));
    if kind.is_empty() {
        return;
    }
    if plan.is_some() {
        one.plan = kind;
        return;
    }
    match kind.as_str() {
        "cold" | "warm" | "cold-start" | "warm-start" => {}
        "snapstart-restore" | "snap-start-restore" | "restore" => {
            one.init_kind = Some(InitKind::SnapstartRestore);
        }
        // What begins without being restored runs in a sandbox that is there already.
        "snap-start" | "snapstart" => {
            let restored = one.init_ms.as_ref().is_some_and(|init| !init.is_zero());
            one.init_kind = restored.then_some(InitKind::SnapstartRestore);
        }
        "suppressed" | "suppressed-init" => one.init_kind = Some(InitKind::Suppressed),
        "image" | "container" | "container-image" | "custom" | "custom-runtime" | "provided"
        | "own-runtime" => one.own_runtime = true,
        _ => one.plan = kind,
    }
}
