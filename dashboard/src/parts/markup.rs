//! Builds SVG. Everything that goes in is escaped; there is no way to add raw text.

use serde::{Serialize, Serializer};

/// Finished SVG, safe to place into a page as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Svg(String);

impl Serialize for Svg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Svg {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(String::with_capacity(1024))
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was drawn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `<name a="b">`; close it with [`Svg::close`].
    pub fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.start(name, attributes);
        self.0.push('>');
    }

    /// `<name a="b"/>`.
    pub fn tag(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    /// `</name>`.
    pub fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// Escaped text.
    pub fn text(&mut self, text: &str) {
        escape_into(&mut self.0, text);
    }

    /// `<name a="b">text</name>`.
    pub fn element(&mut self, name: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }

    /// Appends what was drawn apart.
    pub fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    fn start(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            escape_into(&mut self.0, value);
            self.0.push('"');
        }
    }
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are not allowed in XML, and invisible anyway.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// A coordinate with two decimals at most: `12.35`, `3`.
#[must_use]
pub fn coordinate(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// A coordinate in per cent of the width: `12.35%`.
#[must_use]
pub fn percent(value: f64) -> String {
    format!("{}%", coordinate(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let mut svg = Svg::new();
        svg.element(
            "text",
            &[("class", "a\" onload=\"x")],
            "</text><script>'&\u{0}",
        );
        assert_eq!(
            svg.as_str(),
            "<text class=\"a&quot; onload=&quot;x\">\
             &lt;/text&gt;&lt;script&gt;&#39;&amp;\u{fffd}</text>"
        );
    }

    #[test]
    fn coordinates_are_short_and_never_nan() {
        assert_eq!(coordinate(12.345_6), "12.35");
        assert_eq!(coordinate(-0.001), "0");
        assert_eq!(coordinate(f64::NAN), "0");
        assert_eq!(percent(50.0), "50%");
    }
}
