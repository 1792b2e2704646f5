//! Payload inspection: is this untrusted text an attack, of which kind, and by what evidence?
//!
//! Every text is decoded as attackers encode ([`decode`]); one automaton over all views says which
//! languages are worth a look (`scan`); what looks then reads the text by the grammar of the language that it
//! would be injected into. A score with named rules comes out, and one threshold decides. All of it is
//! linear in the text, and bounded.

mod call;
pub mod code;
pub mod decode;
pub mod fields;
mod filters;
pub mod html;
mod lines;
mod objects;
mod path;
mod scan;
pub mod shell;
mod signs;
pub mod sql;
mod template;
pub mod text;
pub mod url;
pub mod verdict;
pub mod work;
mod xml;

use decode::View;
use scan::{Classes, Scanner};
use verdict::Hits;
pub use verdict::{Class, Hit, THRESHOLD};

/// Bytes of a window that is read at once.
pub const WINDOW_BYTES: usize = 16 << 10;
/// Bytes by which windows overlap: an attack on the border is whole in one of them.
const OVERLAP_BYTES: usize = 1 << 10;
/// Bytes inspected of one text: its first three quarters and its last quarter of this.
pub const TEXT_BYTES_MAX: usize = 512 << 10;
/// Bytes of evidence that are kept.
const EVIDENCE_BYTES_MAX: usize = 200;

/// Where a text stands: what is normal there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value of a parameter, a field of a message.
    Value,
    /// The value of a parameter whose name says that the server reads or runs what it names; it is
    /// looked at as a value, too.
    Included,
    /// The name of a parameter or of a field.
    Name,
    /// A path of a URL.
    Path,
    /// A header whose content is the client's.
    Header,
    /// The client's name of itself.
    UserAgent,
    /// The page that the client came from.
    Referer,
    /// A body of no known form.
    Body,
    /// A whole document of XML or HTML, whose parts are inspected by themselves too.
    Markup,
    /// The name of a file that is sent.
    FileName,
    /// What a program logged.
    Log,
}

/// Evidence in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The rule that speaks.
    pub rule: &'static str,
    /// The class it speaks for.
    pub class: Class,
    /// What it says alone, 0..1.
    pub weight: f32,
    /// What was sent there, as it was sent, at most 200 bytes.
    pub matched: String,
}

/// What is said of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspection {
    /// The surest class's score, 0..1.
    pub score: f32,
    /// Classes over the threshold.
    pub classes: Vec<Class>,
    /// Rules that spoke for them, or, if nothing is flagged, all that spoke.
    pub evidence: Vec<Evidence>,
}

impl Inspection {
    /// Whether it is an attack.
    pub fn flagged(&self) -> bool {
        self.score >= THRESHOLD
    }

    /// Takes what another part of the same input says.
    pub fn merge(&mut self, other: Self) {
        self.score = self.score.max(other.score);
        self.classes.extend(other.classes);
        self.classes.sort_unstable();
        self.classes.dedup();
        for evidence in other.evidence {
            if !self
                .evidence
                .iter()
                .any(|known| known.rule == evidence.rule)
            {
                self.evidence.push(evidence);
            }
        }
    }
}

/// Inspects texts. Building it takes milliseconds; keep it.
pub struct Inspector {
    scanner: Scanner,
}

impl Default for Inspector {
    fn default() -> Self {
        Self::new()
    }
}

impl Inspector {
    /// With all rules.
    pub fn new() -> Self {
        Self {
            scanner: Scanner::new(),
        }
    }

    /// Inspects a text, all of it up to [`TEXT_BYTES_MAX`], of longer ones the beginning and the end.
    pub fn inspect(&self, text: &[u8], place: Place) -> Inspection {
        if text.len() <= WINDOW_BYTES {
            return self.window(text, place);
        }
        let mut whole = Inspection::default();
        let head = text.len().min(TEXT_BYTES_MAX / 4 * 3);
        let tail = text.len().saturating_sub(TEXT_BYTES_MAX / 4).max(head);
        for part in [&text[..head], &text[tail..]] {
            let mut at = 0;
            while at < part.len() {
                let end = part.len().min(at + WINDOW_BYTES);
                whole.merge(self.window(&part[at..end], place));
                if end == part.len() {
                    break;
                }
                at = end - OVERLAP_BYTES;
            }
        }
        whole
    }

    fn window(&self, text: &[u8], place: Place) -> Inspection {
        let mut inspection = Inspection::default();
        let forms = !matches!(place, Place::Path | Place::UserAgent | Place::Log);
        let encoded = decode::may_be_encoded(text, forms);
        let candidates = self.scanner.classes(text, place);
        if !encoded && candidates.is_empty() {
            return inspection;
        }
        let views = if encoded {
            decode::views(text, forms)
        } else {
            vec![View::plain(text)]
        };
        for (number, view) in views.iter().enumerate() {
            work::count(view.text.len());
            let candidates = if number == 0 {
                candidates
            } else {
                self.scanner.classes(&view.text, place)
            };
            if candidates.is_empty() {
                continue;
            }
            let mut hits = Hits::default();
            judge(view, candidates, place, &mut hits);
            if !hits.0.is_empty() {
                inspection.merge(conclude(text, view, &hits));
            }
        }
        inspection
    }
}

/// Shows a view to those who read the languages it may be written in.
fn judge(view: &View, candidates: Classes, place: Place, hits: &mut Hits) {
    let text = &view.text;
    if candidates.has(Classes::SQL) {
        sql::judge(text, hits);
    }
    if candidates.has(Classes::HTML) {
        html::judge(text, place, hits);
    }
    if candidates.has(Classes::PATH) {
        path::judge(text, place, hits);
    }
    if candidates.has(Classes::URL) {
        url::judge(text, place, hits);
    }
    if candidates.has(Classes::SHELL) {
        shell::judge(text, place, hits);
    }
    if candidates.has(Classes::XML) {
        xml::judge(text, hits);
    }
    if candidates.has(Classes::TEMPLATE) {
        template::judge(text, place, hits);
    }
    if candidates.has(Classes::OBJECT) {
        objects::judge(text, view.inner, hits);
    }
    if candidates.has(Classes::FILTER) {
        filters::judge(text, place, hits);
    }
    if candidates.has(Classes::CODE) {
        code::judge(text, place, hits);
        call::judge(text, place, hits);
    }
    if candidates.has(Classes::LINE) && place != Place::Log {
        lines::judge(text, hits);
    }
}

/// What the hits of a view come to.
fn conclude(text: &[u8], view: &View, hits: &Hits) -> Inspection {
    let mut inspection = Inspection::default();
    let mut classes: Vec<Class> = hits.0.iter().map(|hit| hit.class).collect();
    classes.sort_unstable();
    classes.dedup();
    for class in &classes {
        let score = hits.score(*class);
        inspection.score = inspection.score.max(score);
        if score >= THRESHOLD {
            inspection.classes.push(*class);
        }
    }
    let flagged = inspection.flagged();
    for hit in &hits.0 {
        if !flagged || inspection.classes.contains(&hit.class) {
            inspection.evidence.push(evidence(text, view, hit));
        }
    }
    inspection
}

fn evidence(text: &[u8], view: &View, hit: &Hit) -> Evidence {
    let begin = view.origin(hit.begin).min(text.len());
    let end = view
        .origin(hit.end)
        .clamp(begin, text.len())
        .min(begin + EVIDENCE_BYTES_MAX);
    Evidence {
        rule: hit.rule,
        class: hit.class,
        weight: hit.weight,
        matched: String::from_utf8_lossy(&text[begin..end]).into_owned(),
    }
}
