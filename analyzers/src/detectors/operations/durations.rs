//! Slower than usual: the median duration of a function against what it has at this hour of the week.
//!
//! In logarithms: what is usual is a level, which follows slowly, and the shape of the week, learnt from
//! hours; blocks of at least five minutes and eight durations are judged against both, in units of how
//! much blocks scatter. Three blocks in a row must be slow.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::model::finding::{BandPoint, Suspect, plain};
use store::model::{Evidence, Severity};

use super::report;
use super::thresholds::Thresholds;
use super::watched::Watched;
use super::week::{Week, slot};
use super::whole::{self, Whole};
use crate::advice::words::ms;
use crate::detectors::names::FunctionNo;
use crate::detectors::news::Step;
use crate::detectors::{BadState, Detector, Names, News, Signal};

/// A block has at least so many seconds,
const BLOCK_S: u32 = 300;
/// so many durations,
const BLOCK_COUNT: f32 = 8.0;
/// and at most so many seconds, whatever it holds.
const BLOCK_S_MAX: u32 = 7_200;
/// Slow blocks in a row that open an alarm,
const SLOW: u8 = 3;
/// and usual ones in a row that close it.
const USUAL: u8 = 3;
/// Blocks that must be known before anything is said: two hours of them.
const KNOWN: u16 = 24;
/// A block counts as slow when it lies so many scatters above,
const SCATTERS: f32 = 5.0;
/// The level follows with this weight: a day of blocks.
const LEVEL_WEIGHT: f32 = 1.0 / 288.0;
/// The scatter follows with this weight.
const SCATTER_WEIGHT: f32 = 1.0 / 100.0;
/// The least scatter that is believed.
const SCATTER_MIN: f32 = 0.04;
/// Weight of the week's shape after so many hours is one half.
const SHAPE_HOURS: f64 = 168.0;
/// How often ordinary functions look slow, by function and month: EVALUATION.md, "Operations".
const PLACEBO: f64 = 0.01;
/// A deploy so long before is suspected, s.
const SUSPECT_S: u32 = 7_200;
const FORM: u32 = 1;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    /// Mean duration by hour of the week, µs.
    week: Week,
    /// How the hour (h since the epoch) usually differs from the mean of all, log; worked out once an hour.
    shape: f32,
    shape_of_h: u32,
    /// Logarithm of the usual median, less the week's shape.
    level: f32,
    scatter: f32,
    blocks: u16,
    block: Block,
    slow: u8,
    usual: u8,
    began_s: u32,
    detected_s: u32,
    /// Median before and in the newest block, ms.
    before_ms: f32,
    after_ms: f32,
    /// Largest excess of a block while it is open, log.
    excess: f32,
    count: u32,
    deployed: Option<(String, u32)>,
}

/// What is being gathered.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Block {
    from_s: u32,
    /// Sum of logarithms of medians less the shape, weighted by `count`.
    sum: f32,
    count: f32,
}

impl State {
    fn shape(&mut self, at_s: u32) -> f32 {
        if self.shape_of_h != at_s / 3600 {
            self.shape_of_h = at_s / 3600;
            self.shape = self.work_out_shape(at_s);
        }
        self.shape
    }

    fn work_out_shape(&self, at_s: u32) -> f32 {
        let hours = f64::from(self.week.hours());
        let (Some(here), Some(mean)) = (self.week.at(slot(at_s)), self.week.mean()) else {
            return 0.0;
        };
        if here <= 0.0 || mean <= 0.0 {
            return 0.0;
        }
        let weight = hours / (hours + SHAPE_HOURS);
        ((here / mean).ln() * weight).clamp(-2.0, 2.0) as f32
    }

    fn learn_hour(&mut self, hour_s: u32, row: &Whole) {
        if row.duration_count == 0 || self.began_s > 0 {
            return;
        }
        let mean_us = 1e3 * row.duration_ms_sum / f64::from(row.duration_count);
        let usual = self.week.at(slot(hour_s)).or_else(|| self.week.mean());
        // One very long invocation must not bend the week.
        let bounded = match usual {
            Some(usual) if usual > 0.0 => mean_us.clamp(usual / 1.5, usual * 1.5),
            _ => mean_us,
        };
        self.week.learn(slot(hour_s), bounded);
    }

    fn take(&mut self, row: &Whole, now_s: u32, ratio_log: f32) {
        let log =
            (row.duration_ms_p50.max(1e-3)).ln() as f32 - self.shape(now_s.saturating_sub(60));
        if self.block.count == 0.0 {
            self.block.from_s = now_s.saturating_sub(60);
        }
        let count = (row.duration_count as f32).min(1e6);
        self.block.sum += log * count;
        self.block.count += count;
        if self.began_s > 0 {
            self.count = self.count.saturating_add(row.duration_count);
        }
        let length_s = now_s.saturating_sub(self.block.from_s);
        let enough = self.block.count >= BLOCK_COUNT;
        if length_s >= BLOCK_S && enough {
            self.close_block(now_s, ratio_log);
        } else if length_s > BLOCK_S_MAX {
            self.block = Block::default();
        }
    }

    fn close_block(&mut self, now_s: u32, ratio_log: f32) {
        let block = std::mem::take(&mut self.block);
        let log = block.sum / block.count;
        if self.blocks == 0 {
            (self.level, self.scatter) = (log, 0.3);
        }
        let excess = log - self.level;
        self.blocks = self.blocks.saturating_add(1);
        let scatter = self.scatter.max(SCATTER_MIN);
        let young = 1.0 + 2.0 * f32::from(KNOWN) / f32::from(self.blocks.max(1));
        let limit = (SCATTERS * scatter * young.min(3.0)).max(ratio_log);
        let known = self.blocks > KNOWN;
        let (slow, over) = (known && excess > limit, excess < limit / 2.0);
        self.slow = if slow { self.slow.saturating_add(1) } else { 0 };
        self.usual = if over {
            self.usual.saturating_add(1)
        } else {
            0
        };
        if self.slow == 1 && self.began_s == 0 {
            self.before_ms = (self.level + self.shape(now_s.saturating_sub(60))).exp();
            self.detected_s = block.from_s; // kept here until it is certain
        }
        if self.slow >= SLOW && self.began_s == 0 {
            (self.began_s, self.detected_s) = (self.detected_s.max(1), now_s);
            (self.excess, self.count) = (0.0, 0);
        }
        if self.began_s > 0 {
            self.excess = self.excess.max(excess);
            self.after_ms = (log + self.shape(now_s.saturating_sub(60))).exp();
            if self.usual >= USUAL {
                self.began_s = 0;
            }
        }
        let bounded = excess.clamp(-3.0 * scatter, 3.0 * scatter);
        let weight = (1.0 / f32::from(self.blocks)).max(LEVEL_WEIGHT);
        self.level += bounded * weight;
        let scatter_weight = (1.0 / f32::from(self.blocks)).max(SCATTER_WEIGHT);
        // 1.25 makes a mean distance a standard deviation.
        self.scatter += (1.25 * bounded.abs() - self.scatter) * scatter_weight;
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Durations {
    watched: Watched<State>,
    ratio_log: f32,
}

impl Durations {
    /// Told from these thresholds on.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            ratio_log: thresholds.slow_ratio.ln() as f32,
            ..Self::default()
        }
    }
}

/// Nothing was heard for so long: what was slow is told no longer, s.
const IDLE_S: u32 = 6 * 3_600;

impl Detector for Durations {
    fn name(&self) -> &'static str {
        "durations"
    }

    fn look(&mut self, news: &News<'_>) -> Vec<Signal> {
        for deployed in news.deploys.iter().filter(|d| !d.is_baseline) {
            let at_s = u32::try_from(deployed.at.as_secs()).unwrap_or(0);
            let version = news.names.version_name(deployed.version).to_owned();
            let state = self
                .watched
                .states
                .or_insert_with(deployed.function, State::default);
            if state
                .deployed
                .as_ref()
                .is_none_or(|(_, before_s)| *before_s <= at_s)
            {
                state.deployed = Some((version, at_s));
            }
        }
        if news.step == Step::Minute {
            let rows = whole::closed(news);
            for row in rows.iter().filter(|row| row.duration_ms_p50.is_finite()) {
                let state = self
                    .watched
                    .states
                    .or_insert_with(row.function, State::default);
                state.take(row, news.until_s, self.ratio_log);
                if state.began_s > 0 {
                    self.watched.open.insert(row.function);
                }
            }
        }
        for row in whole::hours(news) {
            let state = self
                .watched
                .states
                .or_insert_with(row.function, State::default);
            state.learn_hour(news.hour_s.unwrap_or(news.until_s), &row);
        }
        let (mut said, states) = (Vec::new(), &mut self.watched.states);
        self.watched.open.retain(|function| {
            let Some(state) = states.get_mut(*function) else {
                return false;
            };
            let heard_s = state.block.from_s.max(state.detected_s);
            let idle = news.shows(*function) && news.until_s.saturating_sub(heard_s) > IDLE_S;
            if idle && state.block.count == 0.0 {
                state.began_s = 0;
            }
            if state.began_s > 0 {
                said.push(signal(*function, state, news));
            }
            state.began_s > 0
        });
        said
    }

    fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.watched.forget(functions);
    }

    fn save(&self, names: &Names) -> Vec<Vec<u8>> {
        self.watched.states.save(FORM, names)
    }

    fn load(&mut self, pieces: &[Vec<u8>], names: &mut Names) -> Result<(), BadState> {
        self.watched
            .load(FORM, pieces, names, |state| state.began_s > 0)
    }
}

fn signal(function: FunctionNo, state: &State, news: &News<'_>) -> Signal {
    let name = report::name(news.names, function);
    let (before_ms, after_ms) = (f64::from(state.before_ms), f64::from(state.after_ms));
    let relative = after_ms / before_ms.max(1e-6) - 1.0;
    let scatter = f64::from(state.scatter.max(SCATTER_MIN));
    let mut signal = report::of_function("slow", function, state.began_s, state.detected_s);
    let since = report::clock(state.began_s, news.until_s);
    let suspect = state.deployed.as_ref().filter(|(_, at_s)| {
        *at_s <= state.began_s + 600 && state.began_s.saturating_sub(*at_s) <= SUSPECT_S
    });
    let first = match suspect {
        Some((version, at_s)) => format!(
            "Look first at version {}, which came into use at {}.",
            plain(version, 60),
            report::clock(*at_s, news.until_s)
        ),
        None => "No new version came shortly before; look first at what it calls.".to_owned(),
    };
    signal.severity = match f64::from(state.excess) > 3.0_f64.ln() {
        true => Severity::High,
        false => Severity::Medium,
    };
    signal.version = suspect
        .map(|(version, _)| version.clone())
        .unwrap_or_default();
    signal.confidence = 0.97;
    signal.p_value = Some(PLACEBO);
    let change = format!(
        "half of its invocations take {} or longer since {since}, usually {}",
        ms(after_ms),
        ms(before_ms)
    );
    signal.title = format!(
        "{name} is slower than usual: {} instead of {}",
        ms(after_ms),
        ms(before_ms)
    );
    signal.sentence =
        format!("{name} is slower than usual at this hour of the week: {change}. {first}");
    signal.relative = Some(relative);
    // The mean of three blocks lies within two of its own scatters in 95 % of cases.
    let wide = 2.0 * scatter / f64::from(SLOW).sqrt();
    signal.interval = Some((
        (1.0 + relative) * (-wide).exp() - 1.0,
        (1.0 + relative) * wide.exp() - 1.0,
    ));
    signal.before = Some(before_ms);
    signal.after = Some(after_ms);
    signal.unit = "ms";
    let hours = f64::from(news.until_s.saturating_sub(state.detected_s).max(300)) / 3600.0;
    let a_month = f64::from(state.count) / hours * 730.5;
    signal.ms_per_month = (state.count > 0).then_some((after_ms - before_ms) * a_month);
    signal.evidence = std::sync::Arc::new(evidence(state, change, suspect, news.until_s));
    signal
}

/// Why it is believed, and which version came into use shortly before.
fn evidence(
    state: &State,
    change: String,
    suspect: Option<&(String, u32)>,
    until_s: u32,
) -> Evidence {
    let (before_ms, after_ms) = (f64::from(state.before_ms), f64::from(state.after_ms));
    let scatter = f64::from(state.scatter.max(SCATTER_MIN));
    Evidence {
        reasons: vec![
            change,
            format!(
                "its median usually stays within {} % from one five minutes to the next",
                (100.0 * (2.0 * scatter).exp_m1()).round()
            ),
        ],
        suspects: suspect
            .map(|(version, at_s)| Suspect {
                what: format!("version {version}"),
                why: format!("it came into use at {}", report::clock(*at_s, until_s)),
                weight: 0.8,
            })
            .into_iter()
            .collect(),
        band: vec![BandPoint {
            at_s: state.began_s.into(),
            actual: Some(after_ms),
            expected: Some(before_ms),
            low: Some(before_ms * (-5.0 * scatter).exp()),
            high: Some(before_ms * (5.0 * scatter).exp()),
        }],
        band_unit: "ms".to_owned(),
        ..Evidence::default()
    }
}
