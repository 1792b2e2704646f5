//! All objects of a folder.

use std::collections::BTreeMap;

use super::read::{OpenSloError, Placed, read};
use super::resolve::{Lookup, Resolved, Unresolved};
use super::shape::{Kind, Object};

/// Objects by kind and name. Names are unique within a kind.
#[derive(Clone, Debug, Default)]
pub struct Library {
    objects: BTreeMap<(Kind, String), Placed>,
}

impl Library {
    /// Reads a file into the library.
    ///
    /// # Errors
    /// With the place of the first fault, a name that is there already among them.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), OpenSloError> {
        for placed in read(file, text)? {
            let key = (placed.object.kind(), placed.object.metadata().name.clone());
            // Go's library ships Services that share a name; they only describe.
            if let Some(known) = self.objects.get(&key)
                && key.0 != Kind::Service
            {
                let path = ["metadata".to_owned(), "name".to_owned()];
                let (kind, name) = &key;
                let reason = format!(
                    "the name is taken: {kind} `{name}` stands in {}",
                    known.file
                );
                return Err(placed.fault(&path, reason));
            }
            self.objects.insert(key, placed);
        }
        Ok(())
    }

    /// All objects, by kind and name.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values().map(|placed| &placed.object)
    }

    /// All SLOs with what they refer to, by name, and all references to nothing.
    #[must_use]
    pub fn slos(&self) -> (Vec<Resolved<'_>>, Vec<Unresolved>) {
        let mut lookup = Lookup::new(&self.objects);
        let slos = self
            .objects
            .values()
            .filter_map(|placed| match &placed.object {
                Object::Slo(slo) => Some(lookup.slo(placed, slo)),
                _ => None,
            });
        let slos = slos.collect();
        for placed in self.objects.values() {
            if let Object::AlertPolicy(policy) = &placed.object {
                lookup.unused(placed, &policy.spec);
            }
        }
        (slos, lookup.unresolved)
    }
}
