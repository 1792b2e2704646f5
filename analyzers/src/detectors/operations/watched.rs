//! What a detector remembers of functions, and of which of them it has something to say.

use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::detectors::keyed::Keyed;
use crate::detectors::{BadState, FunctionNo, Names};

/// States by function, and the few functions that are spoken of: a look need not go through all the others.
#[derive(Debug)]
pub struct Watched<S> {
    /// What is remembered.
    pub states: Keyed<S>,
    /// Functions of which something is said.
    pub open: HashSet<FunctionNo>,
}

impl<S> Default for Watched<S> {
    fn default() -> Self {
        Self {
            states: Keyed::default(),
            open: HashSet::new(),
        }
    }
}

impl<S> Watched<S> {
    /// Forgets functions.
    pub fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.states.forget(functions);
        self.open.retain(|function| !functions.contains(function));
    }
}

impl<S: Serialize + DeserializeOwned> Watched<S> {
    /// As [`Keyed::load`]; spoken of are those functions whose state `speaks`.
    ///
    /// # Errors
    /// As [`Keyed::load`].
    pub fn load(
        &mut self,
        form: u32,
        pieces: &[Vec<u8>],
        names: &mut Names,
        speaks: impl Fn(&S) -> bool,
    ) -> Result<(), BadState> {
        self.states.load(form, pieces, names)?;
        let open = self.states.iter().filter(|(_, state)| speaks(state));
        self.open = open.map(|(function, _)| function).collect();
        Ok(())
    }
}
