//! Commands of Unix and Windows, and how likely their names are words of prose.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// How a name is used elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// Also an everyday word: `cat`, `time`, `more`.
    Word,
    /// Hardly anything but a command: `id`, `bash`.
    Sure,
    /// Nothing but a command: `wget`, `whoami`, `Get-ChildItem`.
    Certain,
}

/// Letters of the longest name known, and some.
const NAME_BYTES_MAX: usize = 32;

/// What is known of words.
#[derive(Default)]
struct Lists {
    commands: HashMap<&'static str, Command>,
    /// Of PowerShell.
    verbs: HashSet<&'static str>,
    nouns: HashSet<&'static str>,
}

static KNOWN: LazyLock<Lists> = LazyLock::new(|| {
    let mut known = Lists::default();
    let mut list = "";
    for line in include_str!("../../../data/words/commands.txt").lines() {
        if let Some(head) = line.strip_prefix(':') {
            list = head.split(' ').next().unwrap_or_default();
        } else if !line.starts_with('#') {
            let names = line.split_whitespace();
            match list {
                "certain" => known
                    .commands
                    .extend(names.map(|name| (name, Command::Certain))),
                "sure" => known
                    .commands
                    .extend(names.map(|name| (name, Command::Sure))),
                "verb" => known.verbs.extend(names),
                "noun" => known.nouns.extend(names),
                _ => known
                    .commands
                    .extend(names.map(|name| (name, Command::Word))),
            }
        }
    }
    known
});

/// What a word is, in any case, with or without the path to it.
pub fn command(word: &str) -> Option<Command> {
    let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.is_ascii() {
        return None;
    }
    let mut lower = [0; NAME_BYTES_MAX];
    let lower = &mut lower[..name.len()];
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let name = std::str::from_utf8(lower).ok()?;
    let (name, program) = match name.strip_suffix(".exe") {
        Some(name) => (name, true),
        None => (name, false),
    };
    // `python3.11`, `gcc10.1`.
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    let commands = &KNOWN.commands;
    let known = commands
        .get(name)
        .or_else(|| commands.get(plain).filter(|_| plain.len() > 2))
        .copied();
    match known {
        Some(_) if program => Some(Command::Certain),
        None if is_cmdlet(name) => Some(Command::Certain),
        known => known,
    }
}

/// `Invoke-WebRequest`: a verb that PowerShell approves of, and one of its nouns.
fn is_cmdlet(name: &str) -> bool {
    name.split_once('-')
        .is_some_and(|(verb, noun)| KNOWN.verbs.contains(verb) && KNOWN.nouns.contains(noun))
}
