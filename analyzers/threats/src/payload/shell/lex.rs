//! Text to words and operators, as a shell reads them. Linear.

use super::super::text::skip;
use super::super::work;

/// Words read of one view.
pub const WORDS_MAX: usize = 2_048;
/// Bytes kept of a word.
const WORD_BYTES_MAX: usize = 128;

/// What stands before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// The beginning of the text.
    Begin,
    /// A space: an argument.
    Space,
    /// `;`.
    Semicolon,
    /// `|`, `||`.
    Pipe,
    /// `&&`.
    And,
    /// `&`.
    Ampersand,
    /// A line's end, or what stands for one.
    Line,
    /// `$(`, `<(`.
    Substitution,
    /// A backtick that opens.
    Backtick,
    /// A backtick that closes: what follows goes on the word or the sentence around.
    Closing,
    /// A closing bracket or quote, or another sign after which a shell reads on.
    Other,
}

/// A word, with what quotes, escapes and empty expansions hid taken off.
#[derive(Clone, Debug)]
pub struct Word {
    /// What stands before it.
    pub before: Before,
    /// What a shell makes of it, of at most 128 bytes.
    pub text: String,
    /// Its first byte.
    pub begin: usize,
    /// The byte after its last.
    pub end: usize,
    /// It was pieced together: `w'h'o\ami`.
    pub pieced: bool,
    /// White space stood between the operator and it.
    pub spaced: bool,
    /// `$IFS` stood in it or before it, where a space would do.
    pub ifs: bool,
}

/// Reads a text.
pub fn lex(text: &[u8]) -> Vec<Word> {
    let mut lexer = Lexer {
        text,
        at: 0,
        before: Before::Begin,
        spaced: false,
        ifs: false,
        in_backticks: false,
        words: Vec::new(),
    };
    while lexer.at < text.len() && lexer.words.len() < WORDS_MAX {
        let before = lexer.at;
        lexer.step();
        work::count(lexer.at - before);
    }
    lexer.words
}

/// What a sign inside of a word was.
enum Hidden {
    /// The word's end.
    Ends,
    /// Nothing: the word is pieced together around it.
    Nothing,
    /// A letter, or the beginning of the word.
    Letter,
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    before: Before,
    spaced: bool,
    ifs: bool,
    in_backticks: bool,
    words: Vec<Word>,
}

impl Lexer<'_> {
    fn operator(&mut self, before: Before, length: usize) {
        self.before = before;
        self.spaced = false;
        self.at += length;
    }

    fn step(&mut self) {
        match &self.text[self.at..] {
            [b' ' | b'\t', ..] => {
                self.spaced = true;
                self.at += 1;
            }
            [b'\n' | b'\r', ..] => self.operator(Before::Line, 1),
            [b'\\', b'n' | b'r', rest @ ..]
                if rest.first().is_none_or(|b| !b.is_ascii_uppercase()) =>
            {
                self.operator(Before::Line, 2);
            }
            [b';', ..] => self.operator(Before::Semicolon, 1),
            [b'|', ..] => self.operator(Before::Pipe, 1),
            [b'&', b'&', ..] => self.operator(Before::And, 2),
            [b'&', ..] => self.operator(Before::Ampersand, 1),
            [b'$' | b'<' | b'>', b'(', b'(', ..] => self.operator(Before::Other, 3),
            [b'$' | b'<' | b'>', b'(', b')', ..] => self.at += 3,
            [b'$' | b'<' | b'>', b'(', ..] => self.operator(Before::Substitution, 2),
            [b'`', b'`', b'`', ..] => self.operator(Before::Closing, 3),
            [b'`', ..] => {
                self.in_backticks = !self.in_backticks;
                self.operator(
                    if self.in_backticks {
                        Before::Backtick
                    } else {
                        Before::Closing
                    },
                    1,
                );
            }
            [b'$', ..] if self.is_ifs(self.at).is_some() => {
                self.at = self.is_ifs(self.at).unwrap_or(self.at + 1);
                self.ifs = true;
                self.spaced = true;
            }
            // A subshell or a group after an operator: its first word is a command, too.
            [b'(' | b'{', ..]
                if !matches!(self.before, Before::Space | Before::Begin | Before::Closing) =>
            {
                self.at += 1;
            }
            [b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b',', ..] => self.operator(Before::Other, 1),
            _ => self.word(),
        }
    }

    /// Where `$IFS`, `${IFS}`, `$IFS$9` ends.
    fn is_ifs(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let mut end = match rest {
            [b'$', b'I', b'F', b'S', ..] => at + 4,
            [b'$', b'{', b'I', b'F', b'S', more @ ..] => {
                at + 5 + more.iter().take(8).position(|b| *b == b'}')? + 1
            }
            _ => return None,
        };
        if let [b'$', b'0'..=b'9', ..] = &self.text[end..] {
            end += 2;
        }
        Some(end)
    }

    /// A word up to white space or an operator outside of quotes.
    fn word(&mut self) {
        let (begin, mut text, mut pieced, mut quote) = (self.at, Vec::new(), false, None);
        while let Some(&byte) = self.text.get(self.at) {
            match (byte, quote) {
                (b'\'' | b'"', None) if text.is_empty() && self.ends_quote() => {
                    self.at += 1;
                    return self.operator(Before::Other, 0);
                }
                (b'\'' | b'"', None) => {
                    let closes = self.text[self.at + 1..]
                        .iter()
                        .take(WORD_BYTES_MAX)
                        .any(|b| *b == byte);
                    quote = closes.then_some(byte);
                    pieced |= !text.is_empty();
                    self.at += 1;
                    if !closes && text.is_empty() {
                        // The end of a string that began before the text.
                        return self.operator(Before::Other, 0);
                    }
                    if !closes {
                        break;
                    }
                }
                // Inside of double quotes a shell still substitutes.
                (b'`', Some(b'"')) => break,
                (b'$', Some(b'"')) if self.text.get(self.at + 1) == Some(&b'(') => break,
                (byte, Some(open)) if byte == open => {
                    quote = None;
                    let next = self.text.get(self.at + 1).copied().unwrap_or(b' ');
                    pieced |= next.is_ascii_alphanumeric();
                    self.at += 1;
                }
                (b'\\' | b'^' | b'$' | b'`' | b'<' | b'>', None) => match self.hidden(&mut text) {
                    Hidden::Ends => break,
                    Hidden::Nothing => pieced = true,
                    Hidden::Letter => {}
                },
                (
                    b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' | b'&' | b'(' | b')' | b'{' | b'}'
                    | b',',
                    None,
                ) => break,
                _ => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at = self.at.min(self.text.len());
        if self.at == begin {
            self.at += 1;
        }
        self.finish(begin, text, pieced);
    }

    /// A sign outside of quotes that may hide what a word is: passes it, and says what it was.
    fn hidden(&mut self, text: &mut Vec<u8>) -> Hidden {
        let next = self.text.get(self.at + 1).copied().unwrap_or(b' ');
        let begun = !text.is_empty();
        let or_letter = if begun {
            Hidden::Nothing
        } else {
            Hidden::Letter
        };
        match self.text[self.at] {
            b'\\' if next.is_ascii_alphabetic() => {
                text.push(b'\\');
                self.at += 1;
                or_letter
            }
            b'\\' => {
                self.at += 2;
                Hidden::Letter
            }
            b'^' => {
                self.at += 1;
                Hidden::Nothing
            }
            b'$' if self.is_ifs(self.at).is_some() => Hidden::Ends,
            b'$' if next == b'(' && self.text.get(self.at + 2) != Some(&b')') => Hidden::Ends,
            b'$' => match self.empty_expansion() {
                Some(end) => {
                    self.at = end;
                    or_letter
                }
                None => {
                    text.push(b'$');
                    self.at += 1;
                    Hidden::Letter
                }
            },
            b'`' if next == b'`' => {
                self.at += 2;
                Hidden::Nothing
            }
            b'<' | b'>' if next == b'(' && self.text.get(self.at + 2) == Some(&b')') => {
                self.at += 3;
                Hidden::Nothing
            }
            _ => Hidden::Ends,
        }
    }

    /// Whether the quote here ends a string that began before the text: an operator follows it.
    fn ends_quote(&self) -> bool {
        let next = skip(self.text, self.at + 1, |b| matches!(b, b' ' | b')' | b']'));
        matches!(self.text.get(next), Some(b';' | b'|' | b'&' | b'\n' | b'`'))
    }

    fn finish(&mut self, begin: usize, mut text: Vec<u8>, pieced: bool) {
        text.truncate(WORD_BYTES_MAX);
        let mut text = String::from_utf8_lossy(&text).into_owned();
        // Escapes inside of a name are nothing: `c\at`; those in a Windows path are its separators.
        if pieced && !text.contains('/') && !text.contains(":\\") {
            text.retain(|c| c != '\\');
        }
        if text.is_empty() && pieced_away(self.text, begin) {
            return;
        }
        let before = std::mem::replace(&mut self.before, Before::Space);
        let (spaced, ifs) = (self.spaced, self.ifs);
        (self.spaced, self.ifs) = (false, false);
        let after = self
            .is_ifs(self.at)
            .is_some_and(|_| self.at < self.text.len());
        self.words.push(Word {
            before,
            text,
            begin,
            end: self.at,
            pieced,
            spaced,
            ifs: ifs || after,
        });
    }

    /// Where an expansion ends that is empty in any shell: `$@`, `$*`, `$1`, `$$`, `$()`, `$u+`.
    fn empty_expansion(&self) -> Option<usize> {
        match &self.text[self.at..] {
            [b'$', b'(', b')', ..] => Some(self.at + 3),
            [b'$', b'{', rest @ ..] => {
                let end = rest.iter().take(24).position(|b| *b == b'}')?;
                Some(self.at + 2 + end + 1)
            }
            [
                b'$',
                b'@' | b'*' | b'!' | b'?' | b'-' | b'$' | b'1'..=b'9',
                ..,
            ] => Some(self.at + 2),
            [b'$', b'_' | b'a'..=b'z' | b'A'..=b'Z', ..] => {
                let end = skip(self.text, self.at + 1, |b| {
                    b.is_ascii_alphanumeric() || b == b'_'
                });
                (self.at > 0 && end - self.at <= 4).then_some(end)
            }
            _ => None,
        }
    }
}

/// Whether what stands at `begin` is an expansion of nothing: the word after it is the command.
fn pieced_away(text: &[u8], begin: usize) -> bool {
    text.get(begin) == Some(&b'$')
}
