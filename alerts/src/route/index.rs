//! Which children of a node may match, without asking each.
//!
//! A child that wants a label to be one of some texts is looked up by that label; all others are always
//! asked. With a thousand teams' routes side by side an alert meets one or two of them.

use std::collections::HashMap;

use crate::matchers::{Matcher, Matchers, Operator};
use crate::model::Labels;

/// Children by what they want.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Asked for every alert, ascending.
    always: Vec<usize>,
    /// By label and value, ascending.
    by_value: Vec<(String, HashMap<String, Vec<usize>>)>,
}

impl Index {
    /// Of children with these conditions, in their order.
    pub(super) fn new<'a>(children: impl Iterator<Item = &'a Matchers> + Clone) -> Self {
        // The label that most children ask for comes first: fewer labels are fewer look-ups.
        let mut popular: HashMap<&str, usize> = HashMap::new();
        for matcher in children.clone().flat_map(Matchers::iter) {
            if texts(matcher).is_some() {
                *popular.entry(&matcher.name).or_default() += 1;
            }
        }
        let mut index = Self::default();
        for (nth, matchers) in children.enumerate() {
            let wanted = matchers.iter().filter_map(|m| Some((m, texts(m)?)));
            let best = wanted.max_by_key(|(m, _)| (popular[m.name.as_str()], &m.name));
            match best {
                Some((matcher, texts)) => index.add(&matcher.name, texts, nth),
                None => index.always.push(nth),
            }
        }
        index
    }

    fn add(&mut self, name: &str, texts: Vec<&str>, nth: usize) {
        let at = self.by_value.iter().position(|(n, _)| n == name);
        let at = at.unwrap_or_else(|| {
            self.by_value.push((name.to_owned(), HashMap::new()));
            self.by_value.len() - 1
        });
        for text in texts {
            let children = self.by_value[at].1.entry(text.to_owned()).or_default();
            if children.last() != Some(&nth) {
                children.push(nth);
            }
        }
    }

    /// Those that may match, ascending; each must still be asked.
    pub(super) fn candidates<'a>(&'a self, labels: &Labels) -> impl Iterator<Item = usize> + 'a {
        let found = self.by_value.iter().filter_map(|(name, by_value)| {
            let children = by_value.get(labels.get(name)?)?;
            Some(children.as_slice())
        });
        let mut lists: Vec<&[usize]> = found.collect();
        lists.push(&self.always);
        std::iter::from_fn(move || {
            let heads = lists.iter_mut().filter(|list| !list.is_empty());
            let list = heads.min_by_key(|list| list[0])?;
            let (first, rest) = list.split_first()?;
            *list = rest;
            Some(*first)
        })
    }
}

/// The texts that a label must be one of, where the matcher is so simple; none of them empty, for the
/// empty text is matched by absent labels.
fn texts(matcher: &Matcher) -> Option<Vec<&str>> {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || " _-/:@".contains(c))
    };
    match matcher.op {
        Operator::Equal if !matcher.value.is_empty() => Some(vec![&matcher.value]),
        Operator::Matches => {
            let all: Vec<&str> = matcher.value.split('|').collect();
            all.iter().all(|text| plain(text)).then_some(all)
        }
        _ => None,
    }
}
