//! `*` in names: of functions, accounts and regions.

/// A text in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern that matches `text`, with `*` for any characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` matches from its beginning to its end.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else {
            return false;
        };
        let mut pieces: Vec<&str> = pieces.collect();
        let Some(last) = pieces.pop() else {
            return rest.is_empty();
        };
        for piece in pieces {
            match rest.find(piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// `provider:account:region:name` with `*` within each part; a missing part is never meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionPattern([Pattern; 4]);

impl FunctionPattern {
    /// Reads `aws:*:eu-*:checkout-*`.
    ///
    /// # Errors
    /// When there are not four parts between colons.
    pub fn new(text: &str) -> Result<Self, String> {
        let parts: Vec<Pattern> = text.split(':').map(Pattern::new).collect();
        <[Pattern; 4]>::try_from(parts).map(Self).map_err(|_| {
            format!("`{text}` is no pattern of functions: write provider:account:region:name, each with `*`")
        })
    }

    /// Whether it matches the text form of a function id.
    #[must_use]
    pub fn matches(&self, function_id: &str) -> bool {
        let mut parts = function_id.split(':');
        self.0
            .iter()
            .all(|pattern| parts.next().is_some_and(|part| pattern.matches(part)))
            && parts.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_nothing() {
        for (pattern, text, want) in [
            ("australia-*", "australia-southeast1", true),
            ("australia-*", "asia-east1", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*a", "a", false),
            ("ab", "abc", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                want,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_star_of_a_function_stays_within_its_part() {
        let pattern = FunctionPattern::new("aws:*:eu-*:checkout*").expect("four parts");
        assert!(pattern.matches("aws:123:eu-central-1:checkout-v2"));
        assert!(!pattern.matches("aws:123:us-east-1:eu-x:checkout"));
        assert!(!pattern.matches("aws:eu-central-1:checkout"));
        assert!(FunctionPattern::new("checkout*").is_err());
    }
}
