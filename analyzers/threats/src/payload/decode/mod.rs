//! Encodings that attackers wrap a text in, taken off one by one.
//!
//! What comes out is a list of views: the text as it came, and what it means to a reader who decodes. Each
//! view remembers which byte of the text each of its bytes came from, so that evidence shows what was really
//! sent. Depth, number and size of views are bounded, so the work is linear in the text.

mod base64;
mod entities;
mod escapes;
mod fold;
mod percent;

pub use fold::UNKNOWN;

/// Rounds of percent decoding: `%252525…`; more is no server's doing.
const ROUNDS_MAX: usize = 4;
/// Views of one text.
pub const VIEWS_MAX: usize = 8;
/// Texts inside of it, in base64.
const INNER_MAX: usize = 4;

/// A text as somebody would read it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// What is read.
    pub text: Vec<u8>,
    /// For each byte the one of the text it came from; empty: the same.
    origin: Vec<u32>,
    /// It stands in base64 inside of the text.
    pub inner: bool,
}

impl View {
    /// The text as it came.
    pub fn plain(text: &[u8]) -> Self {
        Self {
            text: text.to_vec(),
            ..Self::default()
        }
    }

    /// Which byte of the text a byte of this view came from.
    pub fn origin(&self, at: usize) -> usize {
        match self.origin.get(at) {
            Some(origin) => *origin as usize,
            None => match self.origin.last() {
                Some(last) => *last as usize + 1,
                None => at,
            },
        }
    }

    /// This view with the characters that begin with `mark` and that `read` knows, with their lengths, in
    /// the place of their spellings; `None` if there is none.
    fn spelled(&self, mark: u8, read: fn(&[u8]) -> Option<(u32, usize)>) -> Option<Self> {
        let text = &self.text;
        if !text.contains(&mark) {
            return None;
        }
        let mut draft = self.start();
        let mut at = 0;
        while at < text.len() {
            if text[at] == mark
                && let Some((code, length)) = read(&text[at..])
            {
                draft.put_char(code, at);
                at += length;
                continue;
            }
            draft.push(text[at], at);
            at += 1;
        }
        draft.done()
    }

    /// Begins a view made from this one.
    fn start(&self) -> Draft<'_> {
        Draft {
            of: self,
            text: Vec::with_capacity(self.text.len()),
            origin: Vec::with_capacity(self.text.len()),
            changed: false,
        }
    }
}

/// A view in the making.
struct Draft<'a> {
    of: &'a View,
    text: Vec<u8>,
    origin: Vec<u32>,
    changed: bool,
}

impl Draft<'_> {
    /// A byte, and where it stands in the view before.
    fn push(&mut self, byte: u8, from: usize) {
        self.text.push(byte);
        self.origin.push(self.of.origin(from) as u32);
    }

    /// A byte that stands for others.
    fn put(&mut self, byte: u8, from: usize) {
        self.changed = true;
        self.push(byte, from);
    }

    /// A character that stands for others.
    fn put_char(&mut self, code: u32, from: usize) {
        let mut buffer = [0; 4];
        let what = char::from_u32(code).unwrap_or('\u{fffd}');
        for byte in what.encode_utf8(&mut buffer).bytes() {
            self.put(byte, from);
        }
    }

    fn done(self) -> Option<View> {
        let inner = self.of.inner;
        self.changed.then_some(View {
            text: self.text,
            origin: self.origin,
            inner,
        })
    }
}

/// Whether a text has more than one view. `forms`: a plus may be a space. One walk.
pub fn may_be_encoded(text: &[u8], forms: bool) -> bool {
    let (mut letters, mut zero) = (base64::Run::default(), false);
    for byte in text {
        let sign = match byte {
            b'%' | b'&' | b'\\' => true,
            b'+' => forms,
            b'x' | b'X' => zero,
            byte => *byte >= 0x80 || *byte < b' ',
        };
        if sign || letters.ends(*byte) {
            return true;
        }
        zero = *byte == b'0';
    }
    letters.ends(b' ')
}

/// All views of a text, the plain one first.
pub fn views(text: &[u8], forms: bool) -> Vec<View> {
    let mut views = vec![View::plain(text)];
    if forms && !text.contains(&b' ') {
        let spaced = percent::pluses(&views[0]);
        add(&mut views, spaced);
    }
    for _ in 0..ROUNDS_MAX {
        let next = percent::decode(&views[views.len() - 1]);
        if !add(&mut views, next) {
            break;
        }
        if views.len() > ROUNDS_MAX {
            // Between the first and the last nobody stops.
            views.remove(ROUNDS_MAX - 2);
        }
    }
    let mut last = views[views.len() - 1].clone();
    for step in [
        fold::decode,
        entities::decode,
        escapes::decode,
        entities::decode,
        percent::decode,
    ] {
        if let Some(next) = step(&last) {
            last = next;
        }
    }
    let mut inner = base64::decode(&views[0], INNER_MAX);
    if inner.is_empty() {
        inner = base64::decode(&last, INNER_MAX);
    }
    add(&mut views, Some(last));
    for inner in inner {
        let deeper = percent::decode(&inner).or_else(|| escapes::decode(&inner));
        add(&mut views, Some(inner));
        add(&mut views, deeper);
    }
    views
}

fn add(views: &mut Vec<View>, view: Option<View>) -> bool {
    match view {
        Some(view) if views.len() < VIEWS_MAX && views.iter().all(|v| v.text != view.text) => {
            views.push(view);
            true
        }
        _ => false,
    }
}
