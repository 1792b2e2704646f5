//! Paths that climb out of their folder, and files that only an intruder asks for.
//!
//! A step up is any run of two or more dots (or what a lenient server takes for dots) before a separator,
//! in whatever spelling: views have folded those already.

use std::sync::LazyLock;

use super::Place;
use super::decode::UNKNOWN;
use super::signs::Signs;
use super::text::{has, skip, starts};
use super::verdict::{Class, Hits};

const TRAVERSAL: Class = Class::Traversal;

/// Files of systems and applications, without separators before and between: `etc/passwd` matches with
/// any separator. Their weight is for an absolute path to it.
const FILES: &[(&str, f32)] = &[
    ("etc/passwd", 0.8),
    ("etc/shadow", 0.8),
    ("etc/issue", 0.6),
    ("etc/hosts", 0.6),
    ("etc/group", 0.6),
    ("etc/master.passwd", 0.8),
    ("etc/sudoers", 0.7),
    ("etc/crontab", 0.6),
    ("etc/fstab", 0.6),
    ("etc/ssh/", 0.6),
    ("etc/apache2/", 0.6),
    ("etc/httpd/", 0.6),
    ("etc/nginx/", 0.6),
    ("etc/mysql/", 0.6),
    ("etc/php", 0.6),
    ("etc/init.d/", 0.6),
    ("etc/security/", 0.6),
    ("etc/motd", 0.5),
    ("etc/hostname", 0.6),
    ("etc/subuid", 0.6),
    ("etc/resolv.conf", 0.6),
    ("etc/os-release", 0.6),
    ("etc/environment", 0.6),
    ("proc/self", 0.8),
    ("proc/version", 0.7),
    ("proc/cmdline", 0.7),
    ("proc/1/", 0.7),
    ("proc/net/", 0.7),
    ("proc/cpuinfo", 0.6),
    ("proc/mounts", 0.7),
    ("sys/class", 0.55),
    ("dev/fd/", 0.6),
    ("boot.ini", 0.7),
    ("win.ini", 0.7),
    ("windows/system32", 0.7),
    ("winnt/system32", 0.7),
    ("windows/system.ini", 0.7),
    ("windows/repair", 0.7),
    ("inetpub/", 0.55),
    ("ntuser.dat", 0.7),
    ("web-inf/", 0.7),
    ("meta-inf/manifest", 0.5),
    ("web.config", 0.5),
    (".htaccess", 0.55),
    (".htpasswd", 0.7),
    (".ssh/", 0.7),
    ("id_rsa", 0.5),
    ("authorized_keys", 0.5),
    (".aws/credentials", 0.8),
    (".git/config", 0.6),
    (".git/head", 0.6),
    (".svn/entries", 0.6),
    (".env", 0.3),
    (".bash_history", 0.7),
    (".bashrc", 0.6),
    (".mysql_history", 0.7),
    (".docker/", 0.6),
    (".kube/config", 0.7),
    (".npmrc", 0.6),
    (".pgpass", 0.7),
    (".history", 0.5),
    (".profile", 0.3),
    ("wp-config.php", 0.5),
    ("php.ini", 0.5),
    ("httpd.conf", 0.5),
    ("access_log", 0.3),
    ("access.log", 0.2),
    ("error.log", 0.2),
    ("error_log", 0.3),
    ("var/log/", 0.55),
    ("usr/local/", 0.3),
    ("var/www/", 0.4),
    ("var/run/secrets", 0.8),
    ("usr/bin/", 0.2),
    ("sam._", 0.6),
    ("oot.ini", 0.3),
    ("web-infweb.xml", 0.6),
    ("etcpasswd", 0.4),
    ("backup.sql", 0.5),
    ("database.yml", 0.4),
    ("config.php", 0.3),
    ("global.asa", 0.5),
    ("cmd.exe", 0.6),
];

/// The same by first letter.
static BY_LETTER: LazyLock<Vec<Vec<(&str, f32)>>> = LazyLock::new(|| {
    let begins = |byte: usize| {
        FILES
            .iter()
            .copied()
            .filter(move |(name, _)| usize::from(name.as_bytes()[0]) == byte)
    };
    (0..256).map(|byte| begins(byte).collect()).collect()
});

/// Wrappers and schemes that read files.
static WRAPPERS: LazyLock<Signs> = LazyLock::new(|| Signs::new(WRAPPER_LIST));

const WRAPPER_LIST: &[(&str, f32)] = &[
    ("php://filter", 0.9),
    ("php://input", 0.9),
    ("php://stdin", 0.8),
    ("php://fd", 0.8),
    ("php://memory", 0.6),
    ("php://temp", 0.6),
    ("php://output", 0.8),
    ("zip://", 0.7),
    ("phar://", 0.9),
    ("expect://", 0.9),
    ("glob://", 0.7),
    ("zlib://", 0.7),
    ("compress.zlib://", 0.9),
    ("compress.bzip2://", 0.9),
    ("ogg://", 0.6),
    ("rar://", 0.6),
    ("ssh2.", 0.5),
    ("file:///", 0.75),
    ("file://", 0.6),
    ("jar:file:", 0.8),
    ("netdoc:", 0.8),
];

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    if place == Place::FileName && runs(text) {
        hits.add(Class::Code, "code.upload", 0.6, (0, text.len().min(64)));
    }
    let climbs = climbs(text);
    let file = file(text);
    steps(text, &climbs, file.is_some(), hits);
    if let Some((weight, absolute, range)) = file {
        let weight = match (climbs.count > 0, absolute) {
            (true, _) => (weight + 0.5_f32).min(0.95),
            (false, true) => absolute_weight(text, weight, range, place),
            (false, false) => weight * 0.4,
        };
        hits.add(TRAVERSAL, "traversal.file", weight, range);
    }
    let root = skip(text, 0, |b| b == b'/');
    if matches!(place, Place::Value | Place::Name) && is_system_path(text) {
        hits.add(
            TRAVERSAL,
            "traversal.absolute",
            0.55,
            (0, text.len().min(64)),
        );
    }
    if place == Place::Value && root > 2 && text.len() > root && !text.contains(&b' ') {
        hits.add(TRAVERSAL, "traversal.root", 0.5, (0, text.len().min(64)));
    }
    if let Some(run) = padding(text) {
        hits.add(TRAVERSAL, "traversal.padding", 0.5, run);
    }
    for wrapper in WRAPPERS.find(text) {
        let weight = if wrapper.begin == 0 {
            wrapper.weight
        } else {
            wrapper.weight * 0.8
        };
        hits.add(
            TRAVERSAL,
            "traversal.wrapper",
            weight,
            (wrapper.begin, wrapper.end),
        );
    }
    if starts(text, 0, b"\\\\") && text.len() > 4 && text[2..].contains(&b'\\') {
        // `\\host\c$`, and other shares.
        let weight = if has(text, b"$\\") { 0.8 } else { 0.45 };
        hits.add(
            TRAVERSAL,
            "traversal.share",
            weight,
            (0, text.len().min(64)),
        );
    }
}

/// `/etc/pure-ftpd.conf`: the whole text is a file of a folder that only the system has.
fn is_system_path(text: &[u8]) -> bool {
    const FOLDERS: &[&[u8]] = &[b"etc", b"proc", b"root", b"boot", b"private/etc"];
    let begin = skip(text, 0, |b| {
        matches!(b, b'-' | b'=' | b':' | b'"' | b'\'' | b'@')
    });
    let root = skip(text, begin, is_separator);
    begin < 3
        && root > begin
        && !text.contains(&b' ')
        && FOLDERS.iter().any(|folder| {
            let end = root + folder.len();
            starts(text, root, folder)
                && text.get(end).is_some_and(|b| is_separator(*b))
                && text.get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
        })
}

/// Whether a server would run a file of this name.
fn runs(name: &[u8]) -> bool {
    const ENDINGS: &[&str] = &[
        "php", "php2", "php3", "php4", "php5", "php6", "php7", "php8", "pht", "phtm", "phtml",
        "phar", "phps", "inc", "jsp", "jspx", "jspf", "jsw", "asp", "aspx", "ashx", "asmx", "asa",
        "cer", "cgi", "pl", "war", "cfm", "shtml", "htaccess", "user.ini", "phpt", "phpx", "pgif",
        "module", "jhtml", "jnlp", "asax", "ascx", "config", "hta", "vbs", "vbe", "wsf", "ps1",
    ];
    let lower = String::from_utf8_lossy(&name[..name.len().min(256)]).to_ascii_lowercase();
    let whole = lower.split(['\0', ';', ':']).next().unwrap_or_default();
    let trimmed = whole.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    // `a.php.jpg` runs where any ending counts.
    trimmed.rsplit('.').take(2).any(|ending| {
        ENDINGS.contains(&ending.trim())
            || ENDINGS.contains(&ending.trim_end_matches(|c: char| c.is_ascii_digit()))
    }) && trimmed.contains('.')
}

/// A path filled up with one letter, so that what a program appends to it is cut off.
fn padding(text: &[u8]) -> Option<(usize, usize)> {
    const LETTERS_MIN: usize = 128;
    let first = text.first().filter(|b| is_separator(**b) || **b == b'.')?;
    let begin = skip(text, 1, |b| b == *first);
    let letter = *text.get(begin)?;
    let end = skip(text, begin, |b| b == letter);
    (letter.is_ascii_alphanumeric() && end - begin >= LETTERS_MIN).then_some((begin, end))
}

/// A file named whole: in a parameter that is an order, in prose less so.
fn absolute_weight(text: &[u8], weight: f32, range: (usize, usize), place: Place) -> f32 {
    let spaces = text.iter().filter(|b| **b == b' ').count();
    let alone = range.0 <= 4 || spaces == 0;
    match place {
        Place::Log => weight * 0.3,
        _ if alone => weight,
        _ if spaces > 6 => weight * 0.6,
        _ => weight * 0.8,
    }
}

/// Steps up in a text.
#[derive(Debug, Default)]
struct Climbs {
    count: usize,
    /// With bytes no honest client sends.
    odd: bool,
    begin: usize,
    end: usize,
}

fn climbs(text: &[u8]) -> Climbs {
    let mut found = Climbs::default();
    let mut at = 0;
    while at < text.len() {
        let dot = |b: u8| matches!(b, b'.' | UNKNOWN | b'?');
        if !dot(text[at]) {
            at += 1;
            continue;
        }
        let begin = at;
        let end = skip(text, at, dot);
        at = end;
        // `..%01/` and `..;/`: bytes that some servers drop.
        let next = skip(text, end, |b| b < b' ' || b == b';');
        let closes = text
            .get(next)
            .is_some_and(|b| is_separator(*b) || *b == UNKNOWN);
        let marks = text[begin..end].contains(&b'?') && !text[begin..end].contains(&UNKNOWN);
        let dots = end - begin;
        let after_name = begin > 0 && text[begin - 1].is_ascii_alphanumeric();
        if dots < 2 || !closes && !text[begin..end].ends_with(&[UNKNOWN]) || after_name && dots > 2
        {
            continue;
        }
        if marks && !text.get(next).is_some_and(|b| is_separator(*b)) {
            continue;
        }
        if found.count == 0 {
            found.begin = begin;
        }
        found.count += 1;
        found.odd |= next > end || text[begin..end].contains(&UNKNOWN) || dots > 2;
        found.end = (next + 1).min(text.len());
    }
    found
}

fn steps(text: &[u8], climbs: &Climbs, file: bool, hits: &mut Hits) {
    let range = (climbs.begin, climbs.end);
    let relative = climbs.begin == 0 || is_separator(text[climbs.begin - 1]);
    let weight = match climbs.count {
        0 => return unfinished(text, hits),
        _ if climbs.odd && climbs.count > 1 => 0.85,
        1 if climbs.odd && !text[..climbs.end].ends_with(b".../") => 0.6,
        1 if file => 0.5,
        1 | 2 if climbs.begin == 0 && climbs.end >= text.len() => 0.6,
        // Above the root, or straight back down from it: no browser leaves that in.
        1 if skip(text, 0, is_separator) == climbs.begin && climbs.begin > 0 => 0.55,
        1 if is_root_folder(text, climbs.end) => 0.6,
        1 => 0.35,
        2 if relative => 0.65,
        2 => 0.45,
        _ => 0.85,
    };
    // Scripts import by such paths, prose leaves sentences open.
    let prose = text.iter().filter(|b| **b == b' ').count() > 4;
    let weight = if prose { weight * 0.6 } else { weight };
    hits.add(Class::Traversal, "traversal.climb", weight, range);
}

/// `/..` and names glued to it, as filters that delete separators leave behind.
fn unfinished(text: &[u8], hits: &mut Hits) {
    let root = skip(text, 0, is_separator);
    let dots = skip(text, root, |b| b == b'.');
    let weight = match (root, dots - root) {
        (_, 0 | 1) => return,
        (0, 2..=4) if file(&text[dots..]).is_some_and(|(weight, ..)| weight > 0.4) => 0.4,
        (0, 5..) if dots < text.len() && file(&text[dots..]).is_some() => 0.5,
        (0, 8..) if dots < text.len() && !text.contains(&b' ') => 0.5,
        (0, _) => return,
        (_, 2..) if dots < text.len() && !text[dots].is_ascii_whitespace() => 0.6,
        (_, 2) if dots == text.len() => 0.5,
        _ => return,
    };
    hits.add(TRAVERSAL, "traversal.climb", weight, (0, dots));
}

/// Whether a folder of the root of Unix or Windows is named at `at`.
fn is_root_folder(text: &[u8], at: usize) -> bool {
    const FOLDERS: &[&str] = &[
        "etc", "var", "usr", "proc", "home", "root", "opt", "tmp", "dev", "sys", "bin", "boot",
        "windows", "winnt", "users",
    ];
    let at = skip(text, at, is_separator);
    FOLDERS.iter().any(|name| {
        starts(text, at, name.as_bytes())
            && text.get(at + name.len()).is_some_and(|b| is_separator(*b))
    })
}

/// The weightiest known file: weight, whether the path is absolute, where.
fn file(text: &[u8]) -> Option<(f32, bool, (usize, usize))> {
    let mut best: Option<(f32, bool, (usize, usize))> = None;
    for at in 0..text.len() {
        let first = text[at].to_ascii_lowercase();
        let boundary = at == 0 || !text[at - 1].is_ascii_alphanumeric() || first == b'.';
        if !boundary {
            continue;
        }
        for (name, weight) in &BY_LETTER[usize::from(first)] {
            if let Some(end) = reaches(text, at, name.as_bytes()) {
                // The file's name, and nothing else.
                let alone = at == 0 && text.len() <= end + 8;
                let absolute = alone
                    || at == 0 && first == b'.'
                    || at > 0 && is_separator(text[at - 1]) && is_root(text, at - 1)
                    || at > 1 && is_separator(text[at - 1]) && (first == b'.' || *weight >= 0.7);
                if best.is_none_or(|(known, ..)| known < *weight) {
                    best = Some((*weight, absolute, (at.saturating_sub(1), end)));
                }
            }
        }
    }
    best
}

/// Whether the separator at `at` begins a path: nothing, a space, a quote, a drive or an operator before.
fn is_root(text: &[u8], at: usize) -> bool {
    let begin = (0..at).rev().find(|&i| !is_separator(text[i]));
    begin.is_none_or(|i| {
        !text[i].is_ascii_alphanumeric()
            || (text[i] == b':' && i == 1)
            || (i == 0 && text[0].is_ascii_alphabetic())
    })
}

/// Whether the path `name` stands at `at`, its separators spelled in any way and number.
fn reaches(text: &[u8], mut at: usize, name: &[u8]) -> Option<usize> {
    for byte in name {
        match byte {
            b'/' => {
                let next = skip(text, at, |b| is_separator(b) || b == UNKNOWN || b < b' ');
                // `/./` and doubled separators.
                let next = if text.get(next) == Some(&b'.')
                    && text.get(next + 1).is_some_and(|b| is_separator(*b))
                {
                    next + 2
                } else {
                    next
                };
                if next == at {
                    return None;
                }
                at = next;
            }
            byte if text.get(at).is_some_and(|b| b.eq_ignore_ascii_case(byte)) => at += 1,
            _ => return None,
        }
    }
    Some(at)
}
