//! The first look: one automaton over a text says which languages it may be written in.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

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
    ("=", C::HTML | C::SHELL),
    ("script:", C::HTML),
    ("data:", C::HTML | C::URL),
    ("document", C::HTML),
    ("window", C::HTML | C::PATH),
    ("location", C::HTML),
    ("cookie", C::HTML),
    ("constructor", C::HTML | C::OBJECT | C::CODE),
    ("inner", C::HTML),
    ("storage", C::HTML),
    ("navigator", C::HTML),
    ("self", C::HTML),
    ("xsi:", C::XML),
    ("xi:", C::XML),
    ("xsl:", C::XML),
    ("..", C::PATH),
    ("/", C::PATH | C::SHELL),
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
    ("\r", C::LINE | C::SHELL), ("嘊", C::LINE),
    (" -", C::SHELL),
    ("cmd", C::SHELL),
    ("powershell", C::SHELL),
    ("alias ", C::SHELL),
    ("ifconfig", C::SHELL),
    ("http:", C::SHELL),
    ("https:", C::SHELL),
    ("<<<", C::SHELL),
    ("time ", C::SHELL), ("sudo ", C::SHELL), ("nohup ", C::SHELL), ("apt-", C::SHELL), ("ansible-", C::SHELL), ("chef-", C::SHELL), ("xargs", C::SHELL), ("null", C::SQL), (" then", C::SQL), ("ping ", C::SHELL),
    ("whoami", C::SHELL),
    ("stratum+", C::SHELL),
    ("xmrig", C::SHELL),
    ("{", C::TEMPLATE | C::HTML | C::OBJECT | C::SHELL | C::CODE),
    ("[", C::FILTER | C::HTML | C::CODE | C::OBJECT),
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
    ("_include", C::CODE),
    ("http_raw", C::CODE),
    ("global", C::CODE),
    ("redirect", C::CODE),
    ("xwork", C::CODE),
    ("popen", C::CODE),
    ("use socket", C::CODE),
    ("socket.", C::CODE),
];

/// All signs at once.
pub struct Scanner {
    automaton: AhoCorasick,
}

impl Scanner {
    /// Builds the automaton.
    pub fn new() -> Self {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(SIGNS.iter().map(|(sign, _)| sign));
        Self {
            automaton: automaton.unwrap_or_else(|error| unreachable!("constant signs: {error}")),
        }
    }

    /// Which languages a text may be written in.
    pub fn classes(&self, text: &[u8]) -> Classes {
        const ALL: u16 = (1 << 11) - 1;
        let mut found = 0;
        for sign in self.automaton.find_overlapping_iter(text) {
            found |= SIGNS[sign.pattern().as_usize()].1;
            if found == ALL {
                break;
            }
        }
        if text.iter().any(|b| *b >= 0x80 || *b < b' ') {
            found |= Classes::OBJECT | Classes::PATH;
        }
        Classes(found)
    }
}

/// Whether a text could hold another one that the automaton does not see.
pub fn may_be_encoded(text: &[u8]) -> bool {
    text.len() >= 16
        || text
            .iter()
            .any(|b| matches!(b, b'%' | b'\\' | b'&') || *b >= 0x80)
}
