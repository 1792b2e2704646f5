//! Functions and versions as small numbers, so that rows and states are small too.

use std::collections::HashMap;

use store::model::FunctionId;

/// A function, by its position in [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionNo(pub u32);

/// A version's name, by its position in [`Names`]; the same name of two functions is the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionNo(pub u32);

/// Most functions; beyond, further ones are not watched and that is logged.
pub const FUNCTIONS_MAX: usize = 200_000;
/// Most different names of versions and triggers; beyond, all others share the empty name.
pub const WORDS_MAX: usize = 1_000_000;

/// What is known of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// The text form of its id, with its account as soon as that is known.
    pub id: String,
    /// The id's parts.
    pub parts: FunctionId,
    /// `aws_lambda`, …; may be empty.
    pub platform: String,
    /// May be empty.
    pub runtime: String,
    /// `x86_64`, `arm64` or empty.
    pub architecture: String,
    /// Configured memory, MiB.
    pub memory_size_mb: Option<u32>,
    /// Its time limit, ms, where it is configured.
    pub timeout_ms: Option<u32>,
}

impl Function {
    /// Functions of one cohort share what the platform does to all of them: provider, region, runtime
    /// and architecture.
    #[must_use]
    pub fn cohort(&self) -> String {
        let FunctionId {
            provider, region, ..
        } = &self.parts;
        format!("{provider}:{region}:{}:{}", self.runtime, self.architecture)
    }
}

/// All functions and words that were seen.
#[derive(Debug, Default)]
pub struct Names {
    numbers: HashMap<String, FunctionNo>,
    functions: Vec<Function>,
    words: HashMap<String, VersionNo>,
    spelled: Vec<String>,
}

impl Names {
    /// The number of a function by the text form of its id, with or without account; new ones get
    /// one, up to [`FUNCTIONS_MAX`].
    pub fn function(&mut self, id: &str) -> Option<FunctionNo> {
        let parts: FunctionId = id.parse().ok()?;
        let key = parts.key();
        if let Some(number) = self.numbers.get(&key) {
            let known = &mut self.functions[number.0 as usize];
            if known.parts.account.is_empty() && !parts.account.is_empty() {
                known.id = id.to_owned();
                known.parts = parts;
            }
            return Some(*number);
        }
        if self.functions.len() >= FUNCTIONS_MAX {
            return None;
        }
        let number = FunctionNo(u32::try_from(self.functions.len()).ok()?);
        self.numbers.insert(key, number);
        self.functions.push(Function {
            id: id.to_owned(),
            parts,
            ..Function::default()
        });
        Some(number)
    }

    /// The number of a function that is known already, by the text form of its id.
    #[must_use]
    pub fn known(&self, id: &str) -> Option<FunctionNo> {
        let parts: FunctionId = id.parse().ok()?;
        self.numbers.get(&parts.key()).copied()
    }

    /// What is known of it.
    #[must_use]
    pub fn of(&self, number: FunctionNo) -> &Function {
        &self.functions[number.0 as usize]
    }

    /// To tell more of it.
    pub fn of_mut(&mut self, number: FunctionNo) -> &mut Function {
        &mut self.functions[number.0 as usize]
    }

    /// All functions with their numbers.
    pub fn functions(&self) -> impl Iterator<Item = (FunctionNo, &Function)> {
        (0..).map(FunctionNo).zip(&self.functions)
    }

    /// The number of a version's (or trigger's) name.
    pub fn version(&mut self, name: &str) -> VersionNo {
        if let Some(number) = self.words.get(name) {
            return *number;
        }
        if self.spelled.len() >= WORDS_MAX && !name.is_empty() {
            return self.version("");
        }
        let number = VersionNo(u32::try_from(self.spelled.len()).unwrap_or(u32::MAX));
        self.words.insert(name.to_owned(), number);
        self.spelled.push(name.to_owned());
        number
    }

    /// The name with this number.
    #[must_use]
    pub fn version_name(&self, number: VersionNo) -> &str {
        self.spelled
            .get(number.0 as usize)
            .map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_keeps_its_number_when_its_account_becomes_known() {
        let mut names = Names::default();
        let early = names.function("aws::eu-central-1:checkout").expect("sound");
        let late = names
            .function("aws:123:eu-central-1:checkout")
            .expect("sound");
        assert_eq!(early, late);
        assert_eq!(names.of(early).id, "aws:123:eu-central-1:checkout");
        assert_eq!(names.known("aws::eu-central-1:checkout"), Some(early));
        assert_eq!(names.function("nonsense"), None);
    }

    #[test]
    fn words_read_back() {
        let mut names = Names::default();
        let (one, two) = (names.version("42"), names.version("43"));
        assert_ne!(one, two);
        assert_eq!(names.version("42"), one);
        assert_eq!(names.version_name(two), "43");
    }
}
