//! `--print`: one request per platform and signal as OTLP/JSON, for eyes.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::function::Platform;
use crate::otlp::batch::{Batcher, Signal};
use crate::sim::{Plan, Sim};
use crate::time::{MINUTE, Ns};
use crate::wire::json;

/// Items of each platform and signal shown.
const ITEMS: usize = 12;

/// Plays `minutes` of the plan and writes what the exporters say first, one JSON object a line
/// `{"platform", "signal", "request"}`.
///
/// # Errors
/// Writing fails.
pub fn print(plan: Plan, minutes: u64, out: &mut impl Write) -> Result<()> {
    let until = plan.origin + minutes * MINUTE;
    let mut sim = Sim::new(plan);
    sim.end_at(until);
    sim.advance(until);
    sim.finish(until);
    let mut kept: BTreeMap<(Platform, Signal), (usize, Batcher)> = BTreeMap::new();
    for item in sim.said(Ns::MAX) {
        let key = (item.source.platform, item.payload.signal());
        let (count, batcher) = kept.entry(key).or_default();
        if *count < ITEMS {
            *count += 1;
            batcher.add(item);
        }
    }
    for ((platform, signal), (_, mut batcher)) in kept {
        for request in batcher.flush() {
            let line: Value = json!({
                "platform": platform.name(),
                "signal": format!("{signal:?}").to_lowercase(),
                "request": json::request(&request.body),
            });
            writeln!(out, "{line}").context("print a request")?;
        }
    }
    Ok(())
}
