//! States by function, saved in pieces.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::BadState;
use super::names::{FunctionNo, Names};

/// Functions of one piece.
const PER_PIECE: usize = 1_000;

/// No state.
const NONE: u32 = u32::MAX;

/// What a detector remembers of each function. States lie side by side, because a look walks over all of
/// them; functions' numbers are small, so that a list finds them quicker than a hash.
#[derive(Debug)]
pub struct Keyed<S> {
    /// Where each function's state lies, by its number.
    places: Vec<u32>,
    states: Vec<(FunctionNo, S)>,
}

impl<S> Default for Keyed<S> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            states: Vec::new(),
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
    fn place(&self, function: FunctionNo) -> Option<usize> {
        let place = *self.places.get(function.0 as usize)?;
        (place != NONE).then_some(place as usize)
    }

    /// What is remembered of a function.
    #[must_use]
    pub fn get(&self, function: FunctionNo) -> Option<&S> {
        self.place(function).map(|place| &self.states[place].1)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, function: FunctionNo) -> Option<&mut S> {
        self.place(function).map(|place| &mut self.states[place].1)
    }

    /// The same, made first if nothing is.
    pub fn or_insert_with(&mut self, function: FunctionNo, make: impl FnOnce() -> S) -> &mut S {
        let place = self.place(function).unwrap_or_else(|| {
            self.states.push((function, make()));
            let place = self.states.len() - 1;
            self.note(place);
            place
        });
        &mut self.states[place].1
    }

    /// Notes where the state of a place is to be found.
    fn note(&mut self, place: usize) {
        let number = self.states[place].0.0 as usize;
        if self.places.len() <= number {
            self.places.resize(number + 1, NONE);
        }
        self.places[number] = u32::try_from(place).unwrap_or(NONE);
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

    /// Forgets all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.states.clear();
    }

    /// Keeps only what `keep` says.
    pub fn retain(&mut self, mut keep: impl FnMut(FunctionNo, &mut S) -> bool) {
        let before = self.states.len();
        self.states
            .retain_mut(|(number, state)| keep(*number, state));
        if self.states.len() < before {
            self.places.fill(NONE);
            (0..self.states.len()).for_each(|place| self.note(place));
        }
    }

    /// Forgets functions.
    pub fn forget(&mut self, functions: &HashSet<FunctionNo>) {
        self.retain(|number, _| !functions.contains(&number));
    }
}

impl<S: Serialize + DeserializeOwned> Keyed<S> {
    /// As pieces of bytes. `form` is the number of the state's shape: raise it when its fields change.
    #[must_use]
    pub fn save(&self, form: u32, names: &Names) -> Vec<Vec<u8>>
    where
        S: Clone,
    {
        let mut all: Vec<&(FunctionNo, S)> = self.states.iter().collect();
        all.sort_by_key(|(number, _)| *number);
        // To remember nothing is a memory, too: without a piece there would be no snapshot.
        let nothing = std::iter::once(&all[..0]).filter(|_| all.is_empty());
        all.chunks(PER_PIECE)
            .chain(nothing)
            .filter_map(|some| {
                let states = some
                    .iter()
                    .map(|(number, state)| (names.of(*number).id.clone(), state.clone()))
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
        let mut loaded = Self::default();
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
                    loaded.or_insert_with(number, || state);
                }
            }
        }
        *self = loaded;
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

    #[test]
    fn what_is_forgotten_is_gone_and_the_rest_is_found() {
        let mut keyed: Keyed<u32> = Keyed::default();
        for number in [7, 2, 900, 4] {
            *keyed.or_insert_with(FunctionNo(number), || 0) += number;
        }
        keyed.forget(&HashSet::from([FunctionNo(2), FunctionNo(3)]));
        let of = |number| keyed.get(FunctionNo(number)).copied();
        assert_eq!(
            [7, 2, 900, 4, 5].map(of),
            [Some(7), None, Some(900), Some(4), None]
        );
        assert_eq!(keyed.len(), 3);
        keyed.clear();
        assert!(keyed.is_empty() && keyed.get(FunctionNo(7)).is_none());
    }
}
