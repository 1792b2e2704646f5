//! Attacks with ground truth, and what looks like them and is none.
//!
//! A story is a quarter of an hour or more of an ordinary shop ([`shop`]) in which, from [`START`] on,
//! something happens: a campaign of an attacker, or a benign twin of one. Every [`Beat`] knows whether the
//! attacker caused it. Stories can be written as lines for an offline detector, or sent over the wire.

mod beat;
mod behaviour;
mod cloud;
mod logins;
mod money;
mod requests;
pub mod send;
mod shop;
mod twins;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

pub use beat::{Beat, Span};
use shop::Shop;

use crate::time::{MINUTE, Ns, SECOND};

/// When whatever happens begins, after the story's own begin.
pub const START: Ns = 12 * MINUTE;
/// How long it goes on after that.
pub const REST: Ns = 6 * MINUTE;

/// A story.
pub struct Story {
    /// Its name.
    pub name: &'static str,
    /// Rules any of which tells of it; none for what must stay silent.
    pub told_by: &'static [&'static str],
    /// Within so many seconds of the attacker's first beat it must be found; 0 for what must stay silent.
    pub within_s: u64,
    play: fn(&mut Shop),
}

impl Story {
    /// Whether somebody attacks.
    pub fn is_attack(&self) -> bool {
        !self.told_by.is_empty()
    }

    /// Plays it, beginning then; what is said in the order of time, children before their parents.
    pub fn play(&self, seed: u64, begin: Ns) -> Vec<Beat> {
        let mut shop = Shop::new(seed, self.name, begin);
        shop.open(0, START + REST);
        (self.play)(&mut shop);
        shop.close()
    }
}

const fn attack(
    name: &'static str,
    told_by: &'static [&'static str],
    within_s: u64,
    play: fn(&mut Shop),
) -> Story {
    Story {
        name,
        told_by,
        within_s,
        play,
    }
}

const fn twin(name: &'static str, play: fn(&mut Shop)) -> Story {
    Story {
        name,
        told_by: &[],
        within_s: 0,
        play,
    }
}

/// All stories: a new one is a function and a line here.
pub const STORIES: &[Story] = &[
    attack("sql injection", &["payload_sqli"], 10, requests::sql),
    attack(
        "sql injection that works",
        &["executed_sqli"],
        10,
        requests::sql_executed,
    ),
    attack(
        "metadata through a preview",
        &["executed_ssrf", "metadata_call"],
        10,
        requests::metadata,
    ),
    attack(
        "log4shell in a header",
        &["payload_log4shell"],
        10,
        requests::log4shell,
    ),
    attack(
        "commands in a message",
        &["payload_command"],
        10,
        requests::message,
    ),
    attack("scanner", &["scanner", "scan"], 30, requests::scanner),
    attack("quiet scan", &["scan"], 30, requests::quiet_scan),
    attack(
        "scan out of many addresses",
        &["scan"],
        30,
        requests::spread_scan,
    ),
    attack(
        "ids one after another",
        &["enumeration"],
        60,
        requests::enumeration,
    ),
    attack(
        "stuffing from one address",
        &["credential_stuffing", "password_spraying"],
        300,
        logins::stuffing,
    ),
    attack(
        "stuffing out of everywhere",
        &["credential_stuffing", "password_spraying"],
        300,
        logins::spread,
    ),
    attack(
        "spraying",
        &["password_spraying", "credential_stuffing"],
        300,
        logins::spraying,
    ),
    attack(
        "passwords of one account",
        &["brute_force"],
        300,
        logins::brute_force,
    ),
    attack("flood from a few", &["denial_of_wallet"], 120, money::flood),
    attack(
        "flood of a botnet",
        &["denial_of_wallet"],
        120,
        money::botnet,
    ),
    attack("dear requests", &["denial_of_wallet"], 120, money::dear),
    attack("loop through a queue", &["recursion"], 60, money::recursion),
    attack("mining by pool", &["mining"], 30, money::pool),
    attack("mining by the clock", &["mining"], 300, money::plateau),
    attack("data to a new host", &["new_egress"], 60, behaviour::egress),
    attack("data to a drop", &["drop_host"], 30, behaviour::drop_host),
    attack("much data out", &["bytes_out"], 60, behaviour::bytes),
    attack("foreign trigger", &["new_trigger"], 60, behaviour::trigger),
    attack("foreign library", &["new_library"], 60, behaviour::library),
    attack("rights taken", &["new_callee"], 60, behaviour::callee),
    attack(
        "telemetry turned off",
        &["telemetry_silence"],
        300,
        behaviour::silence,
    ),
    attack(
        "secrets one after another",
        &["secrets_sweep"],
        120,
        cloud::sweep,
    ),
    attack("stolen keys", &["stolen_credentials"], 60, cloud::stolen),
    attack(
        "principal elsewhere",
        &["impossible_change"],
        60,
        cloud::impossible,
    ),
    attack(
        "code changed by a stranger",
        &["code_tampering"],
        30,
        cloud::tampering,
    ),
    twin("ordinary day", |_| {}),
    twin("campaign of marketing", twins::marketing),
    twin("push message", twins::push),
    twin("deploy", twins::deploy),
    twin("storm of cold starts", twins::cold_starts),
    twin("health checks", twins::health),
    twin("test of load", twins::load_test),
    twin("partner tries again", twins::retries),
    twin("phones behind one address", twins::nat),
    twin("crawler and old links", twins::crawler),
    twin("broken deploy", twins::broken),
    twin("login is broken", twins::login_broken),
    twin("forgetful people", twins::forgetful),
    twin("fan-out and retries", twins::fan_out),
    twin("nightly batch", twins::batch),
    twin("deploy by the pipeline", twins::pipeline),
    twin("odd but honest texts", twins::texts),
];

/// The story of this name.
pub fn story(name: &str) -> Option<&'static Story> {
    STORIES.iter().find(|story| story.name == name)
}

/// Writes beats as lines for an offline detector; the ids are their places.
///
/// # Errors
/// The file cannot be written.
pub fn lines(beats: &[Beat], path: &Path) -> Result<()> {
    write(
        path,
        beats.iter().enumerate().map(|(id, beat)| beat.line(id)),
    )
}

/// Writes what is true: the story, and the ids of the attacker's beats.
///
/// # Errors
/// The file cannot be written.
pub fn truth(story: &Story, beats: &[Beat], path: &Path) -> Result<()> {
    let ids: Vec<usize> = beats
        .iter()
        .enumerate()
        .filter(|(_, beat)| beat.hostile)
        .map(|(id, _)| id)
        .collect();
    let first = beats
        .iter()
        .find(|beat| beat.hostile)
        .map(|beat| beat.at as f64 / 1e9);
    let line = serde_json::json!({
        "kind": "story", "name": story.name, "attack": story.is_attack(), "told_by": story.told_by,
        "within_s": story.within_s, "from": first, "events": ids,
    });
    write(path, [line].into_iter())
}

fn write(path: &Path, lines: impl Iterator<Item = serde_json::Value>) -> Result<()> {
    let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
    let mut file = BufWriter::new(file);
    for line in lines {
        writeln!(file, "{line}").with_context(|| format!("write {}", path.display()))?;
    }
    file.flush()
        .with_context(|| format!("write {}", path.display()))
}

/// A second after the start of what happens.
pub(crate) fn after(seconds: f64) -> Ns {
    START + (seconds * SECOND as f64) as Ns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_the_same_on_every_run_and_say_who_attacks() {
        for story in STORIES {
            let beats = story.play(7, 1_700_000_000 * SECOND);
            assert_eq!(
                beats,
                story.play(7, 1_700_000_000 * SECOND),
                "{}",
                story.name
            );
            let hostile = beats.iter().any(|beat| beat.hostile);
            assert_eq!(hostile, story.is_attack(), "{}", story.name);
            assert!(
                beats.iter().all(|beat| beat.at >= 1_700_000_000 * SECOND),
                "{}",
                story.name
            );
        }
    }
}
