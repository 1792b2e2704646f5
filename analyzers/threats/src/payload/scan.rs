//! The first look: one automaton over a text says which languages it may be written in.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Place;
use super::text::is_name;

/// A set of languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(u16);

impl Classes {
    pub const SQL: u16 = 1;
    pub const HTML: u16 = 1 << 1;
    pub const PATH: u16 = 1 << 2;
    pub const URL: u16 = 1 << 3;
    pub const SHELL: u16 = 1 << 4;
    pub const XML: u16 = 1 << 5;
    pub const TEMPLATE: u16 = 1 << 6;
    pub const OBJECT: u16 = 1 << 7;
    pub const FILTER: u16 = 1 << 8;
    pub const CODE: u16 = 1 << 9;
    pub const LINE: u16 = 1 << 10;

    pub fn has(self, language: u16) -> bool {
        self.0 & language != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

use Classes as C;

/// What begins a look, in lower case. A sign may begin several.
const SIGNS: &[(&str, u16)] = &[
    ("'", C::SQL | C::HTML | C::FILTER | C::SHELL | C::CODE),
    (
        "\"",
        C::SQL | C::HTML | C::FILTER | C::SHELL | C::CODE | C::OBJECT,
    ),
    ("`", C::SQL | C::HTML | C::SHELL | C::CODE),
    ("--", C::SQL),
    ("/*", C::SQL | C::HTML),
    ("#", C::SQL),
    ("||", C::SQL | C::SHELL),
    ("&&", C::SQL | C::SHELL),
    ("@@", C::SQL),
    ("union", C::SQL),
    ("select", C::SQL),
    ("insert", C::SQL),
    ("update", C::SQL),
    ("delete", C::SQL),
    ("drop", C::SQL),
    ("create", C::SQL),
    ("alter", C::SQL),
    ("truncate", C::SQL),
    ("exec", C::SQL | C::SHELL | C::CODE),
    ("declare", C::SQL),
    ("waitfor", C::SQL),
    ("grant", C::SQL),
    ("revoke", C::SQL),
    ("copy ", C::SQL),
    ("load ", C::SQL),
    ("handler", C::SQL),
    ("shutdown", C::SQL | C::SHELL),
    ("call ", C::SQL),
    ("merge", C::SQL),
    ("replace", C::SQL),
    ("having", C::SQL),
    ("order", C::SQL),
    ("group", C::SQL),
    ("where", C::SQL),
    ("limit", C::SQL),
    ("procedure", C::SQL),
    ("into ", C::SQL),
    ("case", C::SQL),
    ("collate", C::SQL),
    ("or ", C::SQL),
    ("and ", C::SQL),
    ("or(", C::SQL),
    ("and(", C::SQL),
    ("xor", C::SQL),
    ("or/", C::SQL),
    ("and/", C::SQL),
    ("or\t", C::SQL),
    ("and\t", C::SQL),
    ("or\n", C::SQL),
    ("and\n", C::SQL),
    ("or\u{b}", C::SQL),
    ("and\u{b}", C::SQL),
    ("or+", C::SQL),
    ("or-", C::SQL),
    ("or!", C::SQL),
    ("or~", C::SQL),
    ("or@", C::SQL),
    ("and-", C::SQL),
    ("and!", C::SQL),
    ("backup", C::SQL | C::PATH),
    ("attach", C::SQL),
    ("schema", C::SQL),
    ("sys", C::SQL | C::PATH),
    ("xp_", C::SQL),
    ("sp_", C::SQL),
    ("pg_", C::SQL),
    ("dbms_", C::SQL),
    ("utl_", C::SQL),
    ("rdb$", C::SQL),
    ("v$", C::SQL),
    ("_tables", C::SQL),
    ("_users", C::SQL),
    ("sqlite", C::SQL),
    ("mysql", C::SQL | C::CODE),
    ("(", C::SQL | C::HTML | C::SHELL | C::CODE | C::FILTER),
    (")", C::SQL | C::FILTER),
    ("<", C::HTML | C::XML | C::TEMPLATE | C::CODE | C::SHELL),
    ("=", C::HTML | C::SHELL | C::CODE),
    ("script:", C::HTML),
    ("data:", C::HTML | C::URL),
    ("document", C::HTML),
    ("window.", C::HTML),
    ("window[", C::HTML),
    ("window ", C::HTML),
    ("window/", C::HTML),
    ("location", C::HTML),
    ("cookie", C::HTML),
    ("constructor", C::HTML | C::OBJECT | C::CODE),
    ("inner", C::HTML),
    ("storage", C::HTML),
    ("navigator", C::HTML),
    ("self", C::HTML),
    ("-moz-binding", C::HTML),
    ("xsi:", C::XML),
    ("xi:", C::XML),
    ("xsl:", C::XML),
    ("..", C::PATH),
    (" /", C::SHELL),
    ("+/", C::SHELL),
    ("/bin/", C::SHELL),
    ("/sbin/", C::SHELL),
    ("/dev/", C::SHELL | C::PATH),
    ("etc", C::PATH),
    ("proc", C::PATH),
    ("boot", C::PATH),
    ("winnt", C::PATH),
    ("windows/", C::PATH),
    ("win.", C::PATH),
    ("inetpub", C::PATH),
    ("ntuser", C::PATH),
    ("meta-inf", C::PATH),
    ("web.", C::PATH),
    (".svn", C::PATH),
    (".aws", C::PATH),
    (".bash", C::PATH),
    ("_history", C::PATH),
    (".docker", C::PATH),
    (".kube", C::PATH),
    (".npmrc", C::PATH),
    (".pgpass", C::PATH),
    (".profile", C::PATH),
    ("access", C::PATH),
    ("error", C::PATH),
    ("var/", C::PATH),
    ("usr/", C::PATH | C::SHELL),
    ("authorized_keys", C::PATH),
    ("oot.ini", C::PATH),
    ("backup.", C::PATH),
    ("database.", C::PATH),
    ("config.", C::PATH),
    (".asa", C::PATH),
    ("sam._", C::PATH),
    ("\\", C::PATH | C::SHELL | C::HTML),
    (".ini", C::PATH),
    (".conf", C::PATH),
    ("passwd", C::PATH),
    ("web-inf", C::PATH),
    (".env", C::PATH),
    (".ht", C::PATH),
    (".git", C::PATH),
    (".ssh", C::PATH),
    (".sql", C::PATH),
    (".history", C::PATH),
    ("id_rsa", C::PATH),
    (".php", C::PATH),
    (".exe", C::PATH | C::SHELL),
    ("//", C::URL | C::PATH),
    (":/", C::URL | C::PATH),
    ("localhost", C::URL),
    ("localtest", C::URL),
    ("metadata", C::URL),
    ("127.", C::URL),
    ("169.254", C::URL),
    ("10.", C::URL),
    ("192.168", C::URL),
    ("172.", C::URL),
    ("0x", C::URL),
    ("::", C::URL),
    ("0.0.0.0", C::URL),
    (".internal", C::URL),
    (".io", C::URL),
    (".me", C::URL),
    ("unix:", C::URL),
    ("loopback", C::URL),
    ("cluster.local", C::URL),
    (";", C::SHELL | C::SQL | C::CODE),
    ("|", C::SHELL),
    ("&", C::SHELL),
    ("$", C::SHELL | C::TEMPLATE | C::FILTER | C::CODE),
    ("\n", C::SHELL | C::LINE | C::OBJECT),
    ("\r", C::LINE | C::SHELL),
    ("嘊", C::LINE),
    (" -", C::SHELL),
    ("cmd", C::SHELL),
    ("powershell", C::SHELL),
    ("alias ", C::SHELL),
    ("ifconfig", C::SHELL),
    ("http:", C::SHELL),
    ("https:", C::SHELL),
    ("<<<", C::SHELL),
    ("time ", C::SHELL),
    ("sudo ", C::SHELL),
    ("nohup ", C::SHELL),
    ("apt-", C::SHELL),
    ("ansible-", C::SHELL),
    ("chef-", C::SHELL),
    ("xargs", C::SHELL),
    ("null", C::SQL),
    (" then", C::SQL),
    ("ping ", C::SHELL),
    ("whoami", C::SHELL),
    ("stratum+", C::SHELL),
    (">/", C::SHELL),
    ("> /", C::SHELL),
    ("!!", C::SHELL),
    ("!-", C::SHELL),
    ("!1", C::SHELL),
    ("pip", C::SHELL),
    ("gem ", C::SHELL),
    ("apk ", C::SHELL),
    ("yum ", C::SHELL),
    ("dnf ", C::SHELL),
    ("apt ", C::SHELL),
    ("install", C::SHELL),
    ("visudo", C::SHELL),
    ("netsh", C::SHELL),
    ("net user", C::SHELL),
    ("net localgroup", C::SHELL),
    ("net group", C::SHELL),
    ("net share", C::SHELL),
    ("net use", C::SHELL),
    ("net view", C::SHELL),
    ("reg add", C::SHELL),
    ("reg delete", C::SHELL),
    ("reg query", C::SHELL),
    ("vssadmin", C::SHELL),
    ("wmic", C::SHELL),
    ("wevtutil", C::SHELL),
    ("bcdedit", C::SHELL),
    ("schtasks", C::SHELL),
    ("/?", C::SHELL),
    ("?/", C::SHELL),
    ("regedit", C::SHELL),
    ("cscli", C::SHELL),
    ("xmrig", C::SHELL),
    ("{", C::TEMPLATE | C::HTML | C::OBJECT | C::SHELL | C::CODE),
    ("[", C::FILTER | C::HTML | C::CODE | C::OBJECT | C::SHELL),
    ("#set", C::TEMPLATE),
    ("@(", C::TEMPLATE),
    ("ro0ab", C::OBJECT),
    ("aced", C::OBJECT),
    ("aaeaaad", C::OBJECT),
    ("gasv", C::OBJECT),
    ("h4sia", C::OBJECT),
    ("!!", C::OBJECT),
    ("!ruby", C::OBJECT),
    ("_func", C::OBJECT),
    ("js_function", C::OBJECT),
    ("__proto__", C::OBJECT),
    ("prototype", C::OBJECT),
    ("transformer", C::OBJECT),
    ("springframework", C::OBJECT),
    ("commons", C::OBJECT),
    ("rowset", C::OBJECT),
    ("javax", C::OBJECT | C::CODE),
    ("javassist", C::OBJECT),
    ("bsh.", C::OBJECT),
    ("xalan", C::OBJECT),
    ("gem::", C::OBJECT),
    ("marshal", C::OBJECT),
    ("function", C::CODE),
    ("!entity", C::XML),
    ("<<", C::SQL),
    (">>", C::SQL),
    ("rlike", C::SQL),
    ("regexp", C::SQL),
    ("in (", C::SQL),
    ("o:", C::OBJECT),
    ("a:", C::OBJECT),
    ("org.apache", C::OBJECT),
    ("com.sun", C::OBJECT),
    ("__", C::FILTER | C::CODE),
    ("*)", C::FILTER),
    ("this.", C::FILTER),
    ("java.", C::CODE),
    ("process", C::CODE),
    ("require", C::CODE),
    ("module.", C::CODE),
    ("console.", C::CODE),
    ("classloader", C::CODE),
    ("import ", C::CODE),
    ("os.", C::CODE),
    ("php", C::CODE | C::PATH),
    ("ognl", C::CODE),
    ("subprocess", C::CODE),
    ("prepend_file", C::CODE),
    ("_vars", C::CODE),
    ("?>", C::CODE),
    ("@{", C::CODE | C::TEMPLATE),
    ("kernel.", C::CODE),
    ("spawn", C::CODE),
    ("open3", C::CODE),
    ("net::", C::CODE),
    ("_eval", C::CODE),
    ("sys.modules", C::CODE),
    ("importlib", C::CODE),
    ("pickle.", C::CODE),
    ("yaml.", C::CODE),
    ("vm.run", C::CODE),
    ("fs.", C::CODE),
    ("bun.", C::CODE),
    ("deno.", C::CODE),
    ("io.", C::CODE),
    ("file.read", C::CODE),
    ("+adw-", C::HTML),
    ("reflect.", C::HTML),
    ("iex", C::SHELL),
    ("~+", C::SHELL),
    ("~-", C::SHELL),
    ("%x", C::CODE),
    ("_mode", C::CODE),
    ("_dir", C::CODE),
    ("_url_", C::CODE),
    ("session.", C::CODE),
    ("opcache.", C::CODE),
    ("zend", C::CODE),
    ("register_", C::CODE),
    ("display_errors", C::CODE),
    ("magic_quotes", C::CODE),
    ("_include", C::CODE),
    ("http_raw", C::CODE),
    ("global", C::CODE),
    ("redirect", C::CODE),
    ("xwork", C::CODE),
    ("popen", C::CODE),
    ("use socket", C::CODE),
    ("socket.", C::CODE),
];

/// All signs at once: those of one byte in a table, all others in an automaton, which so has little to say of
/// ordinary texts.
pub struct Scanner {
    automaton: AhoCorasick,
    /// For each sign of the automaton what it begins.
    begins: Vec<u16>,
    /// The same in a text whose punctuation is ordinary: only words count.
    calm: Vec<u16>,
    /// For each byte what it begins.
    bytes: [u16; 256],
}

impl Scanner {
    /// Builds the automaton.
    pub fn new() -> Self {
        let longer = || SIGNS.iter().filter(|(sign, _)| sign.len() > 1);
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(longer().map(|(sign, _)| sign));
        let automaton = automaton.unwrap_or_else(|error| unreachable!("constant signs: {error}"));
        let speaks =
            |sign: &str| sign.bytes().filter(u8::is_ascii_alphabetic).count() >= WORD_LETTERS_MIN;
        let calm = longer().map(|(sign, languages)| match speaks(sign) || *sign == ".." {
            true => *languages,
            false => 0,
        });
        let mut bytes = [0; 256];
        for (sign, languages) in SIGNS {
            if let [byte] = sign.as_bytes() {
                bytes[usize::from(*byte)] |= languages;
            }
        }
        for (byte, languages) in bytes.iter_mut().enumerate() {
            if byte >= 0x80 || byte < usize::from(b' ') {
                *languages |= C::OBJECT | C::PATH;
            }
        }
        Self {
            automaton,
            begins: longer().map(|(_, languages)| *languages).collect(),
            calm: calm.collect(),
            bytes,
        }
    }

    /// Which languages a text may be written in. In a client's name for itself, brackets and semicolons are
    /// no sign.
    pub fn classes(&self, text: &[u8], place: Place) -> Classes {
        const ALL: u16 = (1 << 11) - 1;
        if place == Place::Included {
            return Classes(C::URL);
        }
        let calm = place == Place::UserAgent && is_calm(text);
        let mut found = 0;
        if !calm {
            found = text
                .iter()
                .fold(0, |found, byte| found | self.bytes[usize::from(*byte)]);
        }
        let begins = if calm { &self.calm } else { &self.begins };
        for sign in self.automaton.find_overlapping_iter(text) {
            found |= begins[sign.pattern().as_usize()];
            if found == ALL {
                break;
            }
        }
        if text.len() > PADDED_BYTES_MIN || place == Place::FileName {
            found |= Classes::PATH;
        }
        Classes(found)
    }
}

/// Letters that make a sign a word.
const WORD_LETTERS_MIN: usize = 5;
/// A path of this many bytes may be padded with one letter.
const PADDED_BYTES_MIN: usize = 128;

/// Whether a text has no other signs than names and versions of programs have, and calls nothing.
fn is_calm(text: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b" ./;:,()_+-[]@!~*=?&%#".contains(b);
    let calls = text
        .windows(2)
        .any(|two| two[1] == b'(' && is_name(two[0]) || two == b"()");
    text.iter().all(plain) && !calls
}
