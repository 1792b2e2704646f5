//! States by function, saved in pieces.

use std::collections::{HashMap, HashSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::BadState;
use super::names::{FunctionNo, Names};

/// Functions of one piece.
const PER_PIECE: usize = 1_000;

/// What a detector remembers of each function.
#[derive(Debug)]
pub struct Keyed<S> {
    states: HashMap<FunctionNo, S>,
}

impl<S> Default for Keyed<S> {
    fn default() -> Self {
        Self {
            states: HashMap::new(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Piece<S> {
    /// Which form of state these are.
    form: u32,
    states: Vec<(String, S)>,
}

impl<S> Keyed<S> {
    /// What is remembered of a function.
    #[must_use]
    pub fn get(&self, function: FunctionNo) -> Option<&S> {
        self.states.get(&function)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, function: FunctionNo) -> Option<&mut S> {
        self.states.get_mut(&function)
    }

    /// The same, made first if nothing is.
    pub fn or_insert_with(&mut self, function: FunctionNo, make: impl FnOnce() -> S) -> &mut S {
        self.states.entry(function).or_insert_with(make)
    }

    /// All that is remembered.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (FunctionNo, &mut S)> {
        self.states
            .iter_mut()
            .map(|(number, state)| (*number, state))
    }

    /// All that is remembered.
    pub fn iter(&self) -> impl Iterator<Item = (FunctionNo, &S)> {
        self.states.iter().map(|(number, state)| (*number, state))
    }

    /// Of how many functions something is remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Keeps only what `keep` says.
    pub fn retain(&mut self, keep: impl FnMut(&FunctionNo, &mut S) -> bool) {
        self.states.retain(keep);
    }

    /// Forgets functions.
    pub fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.states.retain(|number, _| !functions.contains(number));
    }
}

impl<S: Serialize + DeserializeOwned> Keyed<S> {
    /// As pieces of bytes. `form` is the number of the state's shape: raise it when its fields change.
    #[must_use]
    pub fn save(&self, form: u32, names: &Names) -> Vec<Vec<u8>>
    where
        S: Clone,
    {
        let mut all: Vec<(&FunctionNo, &S)> = self.states.iter().collect();
        all.sort_by_key(|(number, _)| **number);
        // To remember nothing is a memory, too: without a piece there would be no snapshot.
        let nothing = std::iter::once(&all[..0]).filter(|_| all.is_empty());
        all.chunks(PER_PIECE)
            .chain(nothing)
            .filter_map(|some| {
                let states = some
                    .iter()
                    .map(|(number, state)| (names.of(**number).id.clone(), (*state).clone()))
                    .collect();
                postcard::to_allocvec(&Piece { form, states }).ok()
            })
            .collect()
    }

    /// From such pieces.
    ///
    /// # Errors
    /// [`BadState`] when the form is another one or the bytes are damaged; nothing is remembered then.
    pub fn load(
        &mut self,
        form: u32,
        pieces: &[Vec<u8>],
        names: &mut Names,
    ) -> Result<(), BadState> {
        let mut states = HashMap::new();
        for bytes in pieces {
            // The form is looked at first: another shape may not even decode.
            let (found, _) = postcard::take_from_bytes::<u32>(bytes).map_err(damaged)?;
            if found != form {
                return Err(BadState(format!(
                    "it has form {found}, this version writes {form}"
                )));
            }
            let piece: Piece<S> = postcard::from_bytes(bytes).map_err(damaged)?;
            for (id, state) in piece.states {
                if let Some(number) = names.function(&id) {
                    states.insert(number, state);
                }
            }
        }
        self.states = states;
        Ok(())
    }
}

#[allow(clippy::needless_pass_by_value)] // as map_err gives it
fn damaged(error: postcard::Error) -> BadState {
    BadState(format!("its bytes are damaged ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_back_under_their_functions_and_another_form_is_refused() {
        let mut names = Names::default();
        let number = names.function("aws:1:eu:a").expect("sound");
        let mut keyed: Keyed<Vec<f32>> = Keyed::default();
        keyed.or_insert_with(number, || vec![1.5, f32::NAN]);
        let pieces = keyed.save(3, &names);

        let mut other_names = Names::default();
        other_names.function("aws:1:eu:b");
        let mut loaded: Keyed<Vec<f32>> = Keyed::default();
        loaded.load(3, &pieces, &mut other_names).expect("sound");
        let number = other_names.known("aws:1:eu:a").expect("told");
        assert_eq!(loaded.get(number).map(Vec::len), Some(2));

        assert!(loaded.load(4, &pieces, &mut other_names).is_err());
        assert!(
            loaded
                .load(3, &[vec![3, 255, 255]], &mut other_names)
                .is_err()
        );
        assert_eq!(loaded.len(), 1, "a bad snapshot leaves what is there");
    }
}
