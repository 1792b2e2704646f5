//! Commands: does a text end one and begin another, put one inside of itself, or is it one?
//!
//! A known command must stand where a shell looks for one, and go on as commands do. Names that are words of
//! prose too (`time`, `more`, `cat`) need arguments that prose does not have.

mod commands;
mod lex;
mod lines;

use std::sync::LazyLock;

use super::Place;
use super::signs::Signs;
use super::text::{find, has};
use super::verdict::{Class, Hits};
use commands::{Command, command};
pub use lex::{Before, Word, lex};

const COMMAND: Class = Class::Command;

const SQLITE: &[&str] = &[
    ".shell",
    ".system",
    ".databases",
    ".dump",
    ".import",
    ".open",
    ".load",
    ".tables",
    ".schema",
    ".read",
    ".output",
    ".once",
    ".excel",
    ".backup",
    ".clone",
    ".save",
    ".restore",
];

/// What needs no command beside it.
static SIGNS: LazyLock<Signs> = LazyLock::new(|| Signs::new(SIGN_LIST));

const SIGN_LIST: &[(&str, f32)] = &[
    ("/dev/tcp/", 0.9),
    ("/dev/udp/", 0.9),
    ("/bin/sh", 0.6),
    ("/bin/bash", 0.6),
    ("cmd.exe", 0.55),
    ("%comspec%", 0.8),
    ("powershell", 0.3),
    ("invoke-expression", 0.7),
    ("downloadstring(", 0.8),
    ("-encodedcommand", 0.7),
    ("/dev/null", 0.3),
    ("xmrig", 0.6),
    ("stratum+tcp", 0.7),
    ("<<<", 0.3),
    ("$((", 0.5),
    ("${path:", 0.7),
    ("$shell", 0.5),
    ("-exec ", 0.3),
    ("base64 -d", 0.6),
    ("chmod +x", 0.6),
    ("chmod 777", 0.6),
    ("| sh", 0.4),
    ("|sh", 0.4),
    ("|bash", 0.6),
    ("| bash", 0.6),
    ("2>&1", 0.5),
];

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    let words = lex(text);
    let prose = prose(&words);
    for word in words
        .iter()
        .filter(|word| word.before == Before::Line && word.text.starts_with('.'))
    {
        // Commands of SQLite's shell stand at the beginning of a line.
        if SQLITE.contains(&word.text.as_str()) {
            hits.add(COMMAND, "command.sqlite", 0.7, (word.begin, word.end));
        }
    }
    if let [word] = &words[..] {
        // `id;`, `ls|`: what was meant to follow is cut off.
        let ends = text
            .trim_ascii()
            .last()
            .is_some_and(|b| matches!(b, b';' | b'|' | b'&'));
        if ends && word.before == Before::Begin && is_sure(&word.text) {
            hits.add(COMMAND, "command.chained", 0.6, (word.begin, word.end + 1));
        }
    }
    for at in 0..words.len() {
        let leads = text[..words[at].begin]
            .iter()
            .all(|b| !b.is_ascii_alphanumeric());
        if let Some(weight) =
            placed(&words, at, leads).map(|weight| dampen(weight, &words[at], prose, place))
        {
            let end = words.get(at + 1).map_or(words[at].end, |word| word.end);
            hits.add(
                COMMAND,
                rule(words[at].before),
                weight,
                (words[at].begin.saturating_sub(2), end),
            );
        }
        if words[at].ifs && place != Place::UserAgent {
            hits.add(
                COMMAND,
                "command.ifs",
                0.7,
                (words[at].begin, words[at].end),
            );
        }
    }
    lines::judge(text, &words, place, hits);
    signs(text, hits);
}

fn rule(before: Before) -> &'static str {
    match before {
        Before::Begin | Before::Space | Before::Other | Before::Closing => "command.line",
        Before::Substitution | Before::Backtick => "command.substitution",
        Before::Semicolon | Before::Pipe | Before::And | Before::Ampersand | Before::Line => {
            "command.chained"
        }
    }
}

/// Whether most of a text is words without any sign.
fn prose(words: &[Word]) -> bool {
    let plain = |word: &&Word| {
        word.before == Before::Space
            && word.text.len() > 1
            && word
                .text
                .trim_end_matches(['.', ',', '!', '?', ':'])
                .chars()
                .all(char::is_alphabetic)
            && !is_sure(&word.text)
    };
    let count = words.iter().filter(plain).count();
    count >= 4 && count * 2 > words.len()
}

/// What the command at a place is worth; `None` if there is none.
fn placed(words: &[Word], at: usize, leads: bool) -> Option<f32> {
    let word = &words[at];
    let begins = match word.before {
        Before::Space if reserved(words, at) => true,
        Before::Space => return assigned(words, at),
        Before::Closing => return None,
        Before::Other => word.begin > 0,
        _ => true,
    };
    let what = command(&word.text)?;
    let certain = what == Command::Certain;
    let what = what.min(Command::Sure);
    let path = is_path(&word.text);
    let argument = argument(words, at);
    let few = words.len() <= 4;
    Some(match (word.before, what, argument) {
        _ if !begins => return None,
        _ if word.pieced && argument != Argument::Prose => 0.8,
        (Before::Begin, ..) if path => 0.65,
        (..) if path => 0.85,
        // A variable of make: `$(RM)`.
        (Before::Substitution, _, Argument::None)
            if word.text.bytes().all(|b| b.is_ascii_uppercase()) =>
        {
            0.2
        }
        (Before::Substitution, Command::Sure, _) => 0.85,
        (Before::Substitution, Command::Word, Argument::Prose) => 0.5,
        (Before::Substitution, Command::Word, Argument::None) => 0.55,
        (Before::Substitution, Command::Word, _) => 0.75,
        (Before::Backtick, _, Argument::None) if spoken(words, at) => 0.3,
        (Before::Backtick, Command::Sure, Argument::None) => 0.65,
        (Before::Backtick, ..) if spoken(words, at) => 0.45,
        (Before::Backtick, _, Argument::Plausible) => 0.8,
        (Before::Backtick, Command::Sure, _) => 0.6,
        (Before::Backtick, Command::Word, _) => 0.35,
        (
            Before::Semicolon | Before::Pipe | Before::And | Before::Ampersand | Before::Line,
            _,
            _,
        ) if leads && chained(word) && few => match (what, argument) {
            (_, Argument::Plausible) => 0.8,
            (Command::Sure | Command::Certain, _) => 0.8,
            (Command::Word, Argument::None) => 0.6,
            (Command::Word, Argument::Prose) => 0.5,
        },
        (Before::Ampersand, Command::Sure, Argument::None) if word.spaced => 0.4,
        (Before::Semicolon | Before::Pipe, Command::Sure, Argument::Prose) if certain => 0.65,
        (Before::Semicolon | Before::Pipe, Command::Sure, Argument::Prose) => 0.4,
        (Before::Semicolon | Before::Pipe, Command::Sure, _) => 0.8,
        (Before::And | Before::Ampersand | Before::Line, Command::Sure, Argument::Plausible) => 0.8,
        (Before::And | Before::Ampersand | Before::Line, Command::Sure, Argument::None) => 0.6,
        (Before::And | Before::Ampersand | Before::Line, Command::Sure, Argument::Prose) => 0.25,
        (
            Before::Semicolon | Before::Pipe | Before::And | Before::Ampersand | Before::Line,
            Command::Word,
            Argument::Plausible,
        ) => 0.75,
        (Before::Semicolon | Before::Pipe, Command::Word, Argument::None) if !word.spaced => 0.45,
        (Before::Begin, ..) => return begun(words, at, argument),
        (Before::Space, ..) if argument == Argument::Plausible => 0.7,
        (Before::Other, Command::Sure, Argument::Plausible) if certain && leads => 0.6,
        (Before::Other, Command::Sure, Argument::Plausible) => 0.45,
        _ => return None,
    })
}

/// What the command that a text begins with is worth.
fn begun(words: &[Word], at: usize, argument: Argument) -> Option<f32> {
    let word = &words[at];
    let what = command(&word.text)?;
    let sure = what >= Command::Sure;
    let few = words.len() <= 4;
    Some(match argument {
        // With a name and a password of one's own it is an example of how to call something.
        Argument::Plausible if sure && signs_in(words, at) => 0.3,
        Argument::Plausible if sure => 0.65,
        Argument::Plausible if flagged(words, at) => 0.5,
        _ if sure && word.text.contains('-') => 0.55,
        Argument::Prose if what == Command::Certain && few => 0.5,
        _ if installs(words, at) => 0.5,
        // Reads as prose does, and is none.
        _ if administers(words, at) => 0.9,
        Argument::None if sure && words.len() == 1 && asks(&word.text) => 0.55,
        _ => return None,
    })
}

/// Less, where prose or a place makes commands likely by themselves.
fn dampen(weight: f32, word: &Word, prose: bool, place: Place) -> f32 {
    let path = is_path(&word.text);
    let weight = if prose && !word.pieced && !path {
        weight * 0.6
    } else {
        weight
    };
    match place {
        // Both hold commands for good reasons; `; id;` is a language there.
        Place::UserAgent if !path || word.before == Before::Begin => weight * 0.3,
        Place::Log
            if matches!(
                word.before,
                Before::Begin | Before::Line | Before::Backtick | Before::Other
            ) =>
        {
            weight * 0.4
        }
        Place::Log => weight * 0.8,
        _ => weight,
    }
}

fn is_path(word: &str) -> bool {
    [
        "/bin/",
        "/usr/bin/",
        "/sbin/",
        "/usr/sbin/",
        "/usr/local/bin/",
    ]
    .iter()
    .any(|folder| word.starts_with(folder))
}

/// Whether an operator, and nothing before it, makes it a command.
fn chained(word: &Word) -> bool {
    word.begin > 0
}

/// Whether it is hardly anything but a command.
fn is_sure(word: &str) -> bool {
    command(word) >= Some(Command::Sure)
}

/// `netsh firewall set opmode disable`, `net user x /add`: a tool of Windows' administrators and what it
/// is to do.
fn administers(words: &[Word], at: usize) -> bool {
    const TOOLS: &[&str] = &[
        "netsh", "vssadmin", "wmic", "wevtutil", "bcdedit", "schtasks", "fsutil", "auditpol",
    ];
    const DEEDS: &[&str] = &[
        "add",
        "set",
        "delete",
        "del",
        "query",
        "create",
        "start",
        "stop",
        "config",
        "call",
        "export",
        "save",
        "disable",
        "enable",
        "show",
        "list",
        "get",
        "cl",
        "clear-log",
    ];
    const OF_NET: &[&str] = &[
        "user",
        "users",
        "localgroup",
        "group",
        "view",
        "share",
        "use",
        "accounts",
    ];
    let lower = |word: &Word| word.text.to_ascii_lowercase();
    let tool = lower(&words[at]);
    let rest: Vec<String> = words[at + 1..].iter().take(4).map(lower).collect();
    let is = |ahead: usize, list: &[&str]| {
        rest.get(ahead)
            .is_some_and(|word| list.contains(&word.as_str()))
    };
    let deed = (0..3).any(|ahead| is(ahead, DEEDS));
    match tool.as_str() {
        "net" | "net1" => is(0, OF_NET) && words.len() - at <= 5,
        "reg" => is(0, DEEDS) && rest.get(1).is_some_and(|key| key.starts_with("hk")),
        tool => TOOLS.contains(&tool) && deed,
    }
}

/// `curl -u name:password`, `curl -H 'authorization: …'`: who breaks in has no account there.
fn signs_in(words: &[Word], at: usize) -> bool {
    let client = words[at].text.eq_ignore_ascii_case("curl");
    let flag = |word: &Word| {
        let flag = word.text.as_str();
        flag.starts_with("-u") || flag.starts_with("--user") || flag == "-H" || flag == "--header"
    };
    let line = words[at + 1..]
        .iter()
        .take_while(|word| word.before == Before::Space);
    client && line.take(12).any(flag)
}

/// `pip install something`: a package manager's own word after its name.
fn installs(words: &[Word], at: usize) -> bool {
    const MANAGERS: &[&str] = &[
        "pip", "pip2", "gem", "apt", "yum", "dnf", "apk", "zypper", "pacman", "snap", "rpm",
        "conda",
    ];
    const DEEDS: &[&str] = &[
        "install",
        "download",
        "uninstall",
        "remove",
        "purge",
        "add",
        "upgrade",
    ];
    let word = |at: usize| words.get(at).map(|word| word.text.to_ascii_lowercase());
    let is = |at: usize, list: &[&str]| word(at).is_some_and(|word| list.contains(&word.as_str()));
    words.len() - at == 3 && is(at, MANAGERS) && is(at + 1, DEEDS)
}

/// Commands that ask what a machine is, and are no other word.
fn asks(word: &str) -> bool {
    matches!(
        word,
        "whoami"
            | "ifconfig"
            | "ipconfig"
            | "systeminfo"
            | "printenv"
            | "tasklist"
            | "netstat"
            | "visudo"
            | "lsblk"
            | "lscpu"
            | "lspci"
            | "lsmod"
            | "lsof"
            | "regedit"
            | "getenforce"
            | "hostnamectl"
    )
}

/// `; then sleep 1`: a word of the language, after which a command stands.
fn reserved(words: &[Word], at: usize) -> bool {
    const RESERVED: &[&str] = &["then", "else", "do", "if", "while", "until", "!"];
    let before = at.checked_sub(1).map(|before| &words[before]);
    before.is_some_and(|word| {
        let chained = matches!(
            word.before,
            Before::Semicolon | Before::Pipe | Before::And | Before::Ampersand | Before::Line
        );
        chained && RESERVED.contains(&word.text.to_ascii_lowercase().as_str())
    })
}

/// Whether words of prose stand around a word in backticks: it is a name, as in documentation.
fn spoken(words: &[Word], at: usize) -> bool {
    let after = words[at + 1..]
        .iter()
        .skip_while(|word| word.before != Before::Closing)
        .take(2);
    let around = words[..at].iter().rev().take(2).chain(after);
    let plain = |word: &&Word| {
        word.text.len() > 1
            && word
                .text
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '.' | ',' | '-'))
            && !is_sure(&word.text)
    };
    around.filter(plain).count() >= 2
}

/// `x=1 cmd`, `time ifconfig`: commands that run what follows them.
fn assigned(words: &[Word], at: usize) -> Option<f32> {
    const RUNNERS: &[&str] = &[
        "time", "nohup", "sudo", "exec", "env", "nice", "strace", "xargs", "timeout", "watch",
        "command", "builtin", "eval",
    ];
    let before = &words[at.checked_sub(1)?];
    let sure = is_sure(&words[at].text);
    let runner = RUNNERS.contains(&before.text.to_ascii_lowercase().as_str());
    let leads = !matches!(before.before, Before::Space);
    if sure && leads && runner {
        return Some(0.65);
    }
    let variable = before.text.split_once('=').is_some_and(|(name, value)| {
        !value.is_empty()
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    (sure && leads && variable && argument(words, at) == Argument::Plausible).then_some(0.6)
}

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Argument {
    /// Nothing, or another operator.
    None,
    /// A flag, a path, an address, a variable, a redirection.
    Plausible,
    /// Words.
    Prose,
}

fn argument(words: &[Word], at: usize) -> Argument {
    let mut any = false;
    for word in words[at + 1..].iter().take(6) {
        match word.before {
            Before::Space => {}
            Before::Closing => break,
            Before::Substitution | Before::Backtick if any || word.spaced => {
                return Argument::Plausible;
            }
            Before::Other if any => return Argument::Plausible,
            _ => break,
        }
        any = true;
        if plausible(&word.text) || word.ifs {
            return Argument::Plausible;
        }
    }
    if any { Argument::Prose } else { Argument::None }
}

/// Whether a flag or an absolute path comes first: prose has neither.
fn flagged(words: &[Word], at: usize) -> bool {
    words.get(at + 1).is_some_and(|word| {
        let text = word.text.as_bytes();
        word.before == Before::Space
            && matches!(
                text,
                [b'-', b'-', b'a'..=b'z', ..]
                    | [b'-' | b'/', b'a'..=b'z', ..]
                    | [_, b':', b'\\', ..]
            )
    })
}

fn plausible(word: &str) -> bool {
    let bytes = word.as_bytes();
    let ends_sentence = word.ends_with(['.', ',', '!', '?', ':']);
    let flag = bytes.first() == Some(&b'-')
        && bytes
            .get(1)
            .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let path = word.contains('/') && !word.starts_with("</")
        || word.contains(":\\")
        || word.starts_with('\\');
    let number = !word.is_empty() && bytes.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let file = word
        .split_once('.')
        .is_some_and(|(name, rest)| !name.is_empty() && rest.len() > 1 && !ends_sentence);
    let address = word
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    flag || path
        || number
        || address
        || file
        || word.contains('$')
        || word.contains('*')
        || word.contains("@{")
        || (is_sure(word) && word.len() > 2)
}

/// What needs no command beside it.
fn signs(text: &[u8], hits: &mut Hits) {
    for sign in SIGNS.find(text) {
        hits.add(COMMAND, "command.sign", sign.weight, (sign.begin, sign.end));
    }
    if has(text, b"alias ")
        && text.iter().filter(|b| **b == b'=').count() > 0
        && let Some(at) = find(text, b"alias ", 0)
    {
        let rest = &text[at + 6..];
        let word = rest.iter().position(|b| *b == b'=').unwrap_or(rest.len());
        if word > 0 && !rest[..word.min(rest.len())].contains(&b' ')
            || rest.starts_with(b"-")
            || rest.starts_with(b"+")
        {
            hits.add(
                COMMAND,
                "command.alias",
                0.6,
                (at, (at + 7 + word).min(text.len())),
            );
        }
    }
}
