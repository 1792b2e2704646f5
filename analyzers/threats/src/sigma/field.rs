//! Where a field of a rule lies in an event.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use serde_json::Value;

/// A field by all its names, the first that an event has counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Field {
    /// As the rule writes it first; dots lead into objects, or are part of a key.
    pub names: Vec<String>,
    /// After these, the same without regard to the case of letters.
    pub any_case: bool,
}

/// An object in which fields are looked up.
pub(super) struct Root<'a> {
    value: &'a Value,
    /// Its keys in small letters.
    small: OnceCell<HashMap<String, &'a Value>>,
}

impl<'a> Root<'a> {
    pub fn new(value: &'a Value) -> Self {
        Self {
            value,
            small: OnceCell::new(),
        }
    }

    fn find(&self, name: &str, any_case: bool, found: &mut Vec<&'a Value>) {
        if !any_case {
            return find(self.value, name, false, found);
        }
        let small = self.small.get_or_init(|| {
            let map = self.value.as_object();
            let keys = map.into_iter().flatten();
            keys.map(|(key, value)| (key.to_ascii_lowercase(), value))
                .collect()
        });
        let name = name.to_ascii_lowercase();
        found.extend(small.get(&name));
        for (dot, _) in name.match_indices('.') {
            if let Some(inner) = small.get(&name[..dot]) {
                find(inner, &name[dot + 1..], true, found);
            }
        }
    }
}

impl Field {
    /// The values under the first name that leads to any but null; else nulls, if they are there.
    pub fn values<'a>(&self, roots: &[Root<'a>]) -> Vec<&'a Value> {
        let mut nulls = Vec::new();
        let cases: &[bool] = if self.any_case {
            &[false, true]
        } else {
            &[false]
        };
        for any_case in cases {
            for root in roots {
                for name in &self.names {
                    let mut found = Vec::new();
                    root.find(name, *any_case, &mut found);
                    if found.iter().any(|value| !value.is_null()) {
                        return match self.any_case {
                            true => found.into_iter().map(unlocalized).collect(),
                            false => found,
                        };
                    }
                    if nulls.is_empty() {
                        nulls = found;
                    }
                }
            }
        }
        nulls
    }
}

/// Azure's REST API gives a name together with its translation.
fn unlocalized(value: &Value) -> &Value {
    match (value.get("value"), value.get("localizedValue")) {
        (Some(name), Some(_)) => name,
        _ => value,
    }
}

/// Follows a dotted name through objects and lists. Every way to read the dots is followed: a key may
/// hold some itself.
fn find<'a>(value: &'a Value, name: &str, any_case: bool, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => {
            for item in list {
                find(item, name, any_case, found);
            }
        }
        Value::Object(_) => {
            found.extend(key(value, name, any_case));
            for (dot, _) in name.match_indices('.') {
                if let Some(inner) = key(value, &name[..dot], any_case) {
                    find(inner, &name[dot + 1..], any_case, found);
                }
            }
        }
        _ => {}
    }
}

fn key<'a>(object: &'a Value, name: &str, any_case: bool) -> Option<&'a Value> {
    let map = object.as_object()?;
    if !any_case {
        return map.get(name);
    }
    let mut same = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    same.next().map(|(_, value)| value)
}

/// All fields of a set of rules, each once.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub list: Vec<Field>,
    numbers: HashMap<Field, usize>,
    /// By the key that an object must have, in small letters: the fields that may lie there.
    heads: HashMap<String, Vec<usize>>,
}

impl Fields {
    /// The number of a field.
    pub fn number(&mut self, field: Field) -> usize {
        *self.numbers.entry(field).or_insert_with_key(|field| {
            let number = self.list.len();
            for name in &field.names {
                // Each way to read the dots: as part of the key, or as what leads into an object.
                let ends = name.match_indices('.').map(|(dot, _)| dot);
                for end in ends.chain([name.len()]) {
                    let fields = self
                        .heads
                        .entry(name[..end].to_ascii_lowercase())
                        .or_default();
                    if fields.last() != Some(&number) {
                        fields.push(number);
                    }
                }
            }
            self.list.push(field.clone());
            number
        })
    }

    /// Of each field, whether it may lie in one of these; where false, it does not.
    pub fn possible(&self, roots: &[Root<'_>]) -> Vec<bool> {
        let mut possible = vec![false; self.list.len()];
        for root in roots {
            let Some(map) = root.value.as_object() else {
                return vec![true; self.list.len()]; // a list, whose items are looked into
            };
            for key in map.keys() {
                let small = match key.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    true => Cow::Owned(key.to_ascii_lowercase()),
                    false => Cow::Borrowed(key.as_str()),
                };
                for number in self.heads.get(small.as_ref()).into_iter().flatten() {
                    possible[*number] = true;
                }
            }
        }
        possible
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(event: &Value, name: &str) -> Vec<Value> {
        let field = Field {
            names: vec![name.to_owned()],
            any_case: false,
        };
        field
            .values(&[Root::new(event)])
            .into_iter()
            .cloned()
            .collect()
    }

    #[test]
    fn dots_lead_into_objects_and_lists_and_may_be_part_of_a_key() {
        let event = json!({
            "a": {"b": {"c": 1}, "b.c": 2},
            "a.b": {"c": 3},
            "a.b.c": 4,
            "list": [{"x": [{"y": 1}]}, {"x": {"y": 2}}, 7],
        });
        let mut found = values(&event, "a.b.c");
        found.sort_by_key(Value::as_i64);
        assert_eq!(found, [json!(1), json!(2), json!(3), json!(4)]);
        assert_eq!(values(&event, "list.x.y"), [json!(1), json!(2)]);
        assert!(
            values(&event, "A.b").is_empty(),
            "names are taken literally"
        );
        assert!(values(&event, "a.").is_empty() && values(&event, "").is_empty());
    }

    #[test]
    fn the_first_name_with_a_value_counts_and_case_comes_last() {
        let field = Field {
            names: vec!["x".into(), "y".into()],
            any_case: true,
        };
        let first = |event: Value| {
            field
                .values(&[Root::new(&event)])
                .first()
                .map(|v| (*v).clone())
        };
        assert_eq!(first(json!({"x": null, "y": 1})), Some(json!(1)));
        assert_eq!(first(json!({"x": null})), Some(json!(null)));
        assert_eq!(first(json!({"X": 2, "y": 1})), Some(json!(1)));
        assert_eq!(first(json!({"X": 2})), Some(json!(2)));
        assert_eq!(first(json!({"z": 2})), None);
    }
}
