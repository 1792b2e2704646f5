//! HTML: would a browser run something?
//!
//! Tags are read as browsers read them: any separator between attributes, quotes or none, slashes as
//! spaces, an end that never comes. A text may also begin inside of an attribute that it closes, or
//! inside of a script.

mod attributes;
mod script;
mod tags;
mod uri;

use super::Place;
use super::text::has;
use super::verdict::{Class, Hits};

const XSS: Class = Class::Xss;

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    if text.contains(&b'<') {
        tags::judge(text, hits);
    }
    if has(text, b"-moz-binding:") {
        hits.add(XSS, "xss.style", 0.7, (0, text.len().min(40)));
    }
    attributes::loose(text, hits);
    uri::leading(text, hits);
    if place != Place::Log {
        script::judge(text, hits);
    }
}
