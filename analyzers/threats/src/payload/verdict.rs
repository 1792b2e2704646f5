//! What is said of an input: classes, a score, and the evidence for it.

use std::fmt;

/// From here on an input is flagged. One threshold for everything: rules are weighed against it.
pub const THRESHOLD: f32 = 0.5;
/// Hits kept of one input; more would only repeat what was said.
pub const HITS_MAX: usize = 32;

/// A kind of attack, as users and exports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// SQL that continues or forms a statement.
    Sqli,
    /// HTML or script that a browser would run.
    Xss,
    /// A path that leaves its folder or names a file of the system.
    Traversal,
    /// A command of a shell.
    Command,
    /// An address inside the network, or of the platform.
    Ssrf,
    /// XML that reads other documents.
    Xxe,
    /// An expression for a template engine.
    Ssti,
    /// Operators of document databases.
    Nosql,
    /// A filter of a directory.
    Ldap,
    /// Line ends that add headers or commands of a protocol.
    Crlf,
    /// A serialised object.
    Deserialisation,
    /// A lookup of Log4j.
    Log4shell,
    /// A function definition in an environment variable.
    Shellshock,
    /// Keys that reach the prototype of all objects.
    PrototypePollution,
    /// Source code of PHP, Java, Python or JavaScript on the server.
    Code,
    /// A directive of server-side includes.
    Ssi,
    /// A credential where none belongs.
    Secret,
}

impl Class {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqli => "sqli",
            Self::Xss => "xss",
            Self::Traversal => "traversal",
            Self::Command => "command",
            Self::Ssrf => "ssrf",
            Self::Xxe => "xxe",
            Self::Ssti => "ssti",
            Self::Nosql => "nosql",
            Self::Ldap => "ldap",
            Self::Crlf => "crlf",
            Self::Deserialisation => "deserialisation",
            Self::Log4shell => "log4shell",
            Self::Shellshock => "shellshock",
            Self::PrototypePollution => "prototype_pollution",
            Self::Code => "code",
            Self::Ssi => "ssi",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule that spoke, with what it saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Stable and short: `sqli.tautology`.
    pub rule: &'static str,
    /// What kind of attack it speaks for.
    pub class: Class,
    /// How much it says alone, 0..1.
    pub weight: f32,
    /// First byte in the view it was seen in.
    pub begin: usize,
    /// The byte after the last.
    pub end: usize,
}

/// What rules said of one view of an input.
#[derive(Debug, Default)]
pub struct Hits(pub Vec<Hit>);

impl Hits {
    /// Adds what a rule saw; of one rule the heaviest word counts.
    pub fn add(&mut self, class: Class, rule: &'static str, weight: f32, range: (usize, usize)) {
        let (begin, end) = range;
        let hit = Hit {
            rule,
            class,
            weight,
            begin,
            end,
        };
        match self.0.iter().position(|known| known.rule == rule) {
            Some(at) if self.0[at].weight >= weight => {}
            Some(at) => self.0[at] = hit,
            None if self.0.len() < HITS_MAX => self.0.push(hit),
            None => {}
        }
    }

    /// How sure the rules of a class are together: independent words for the same thing, 0..1.
    pub fn score(&self, class: Class) -> f32 {
        let of_class = self.0.iter().filter(|hit| hit.class == class);
        1.0 - of_class.map(|hit| 1.0 - hit.weight).product::<f32>()
    }
}
