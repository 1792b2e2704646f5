//! Names of a file's series, versions and cohorts, and their numbers.

use std::collections::HashMap;

use anyhow::bail;

/// Different names of one kind in one file.
const NAMES_MAX: usize = 1_000_000;

/// Names, numbered as they come.
#[derive(Default)]
pub struct Names {
    numbers: HashMap<String, u32>,
    /// By number.
    pub names: Vec<String>,
}

impl Names {
    /// The number of a name; an error if there are too many names.
    pub fn number(&mut self, name: &str) -> anyhow::Result<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        if self.names.len() >= NAMES_MAX {
            bail!("more than {NAMES_MAX} different names; split the file");
        }
        let number = u32::try_from(self.names.len())?;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        Ok(number)
    }
}
