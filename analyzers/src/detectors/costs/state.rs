//! What the detector of costs remembers, as pieces of bytes: functions by their ids, then all the rest.

use serde::{Deserialize, Serialize};
use store::model::Scope;

use super::incident::{About, Incident};
use super::track::Track;
use super::{Costs, Group};
use crate::detectors::{BadState, Names};

/// The shape of what is saved: raise it when a field changes.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Rest {
    form: u32,
    groups: Vec<(String, String, Track)>,
    incidents: Vec<Incident>,
    next_no: u64,
    until_s: u32,
    begin_s: u32,
}

pub(super) fn save(costs: &Costs, names: &Names) -> Vec<Vec<u8>> {
    let mut pieces = costs.functions.save(FORM, names);
    let group = |g: &Group| {
        let scope = g.about.scope.as_str().to_owned();
        (scope, g.about.text.clone(), g.track.clone())
    };
    let rest = Rest {
        form: FORM,
        groups: costs.groups.iter().map(group).collect(),
        incidents: costs.incidents.clone(),
        next_no: costs.next_no,
        until_s: costs.until_s,
        begin_s: costs.begin_s,
    };
    pieces.extend(postcard::to_allocvec(&rest).ok());
    pieces
}

pub(super) fn load(
    costs: &mut Costs,
    pieces: &[Vec<u8>],
    names: &mut Names,
) -> Result<(), BadState> {
    let Some((rest, functions)) = pieces.split_last() else {
        return Err(BadState("it is empty".to_owned()));
    };
    let damaged = |error: postcard::Error| BadState(format!("its bytes are damaged ({error})"));
    let (form, _) = postcard::take_from_bytes::<u32>(rest).map_err(damaged)?;
    if form != FORM {
        return Err(BadState(format!(
            "it has form {form}, this version writes {FORM}"
        )));
    }
    let rest: Rest = postcard::from_bytes(rest).map_err(damaged)?;
    costs.functions.load(FORM, functions, names)?;
    costs.groups.clear();
    costs.numbers.clear();
    for (number, (scope, text, track)) in (0..).zip(rest.groups) {
        let scope = Scope::parse(&scope).unwrap_or(Scope::Fleet);
        let about = About { scope, text };
        costs.numbers.insert(about.clone(), number);
        costs.groups.push(Group { about, track });
    }
    costs.incidents = rest.incidents;
    costs.next_no = rest.next_no;
    costs.until_s = rest.until_s;
    costs.begin_s = rest.begin_s;
    Ok(())
}
