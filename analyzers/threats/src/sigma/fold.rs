//! Comparison without case, for any script: one character in, one character out, so that `?` still
//! stands for one.

use std::borrow::Cow;

/// A text in the form in which texts are compared.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    let same = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(same) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Owned(text.chars().map(fold_char).collect())
}

/// A character in that form.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        // A final sigma is a sigma, a long s an s.
        (Some('ς'), None) => 'σ',
        (Some('ſ'), None) => 's',
        (Some(one), None) => one,
        _ => c,
    }
}

/// The characters that Windows programs take for the dash of an option.
pub(super) const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

/// A text in which all these dashes are the same.
pub(super) fn undash(text: &str) -> String {
    text.replace(DASHES, "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_equal_whatever_their_case_in_any_script() {
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("ÀÉ Straße"), "àé straße");
        assert_eq!(fold("K"), "k", "the sign of Kelvin");
        assert!(matches!(fold("plain text"), Cow::Borrowed(_)));
        // İ has two characters in lower case; it stays one.
        assert_eq!(fold("İx").chars().count(), 2);
    }
}
