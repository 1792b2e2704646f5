//! Any rule file is loaded or refused with reasons of bounded length, and any event is put to what loads.

#![no_main]

use threats::sigma::{Aliases, Correlator, RuleSet, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let (rules, event) = text.split_once("\n====\n").unwrap_or((&text, "{}"));
    let source = Source {
        file: "fuzzed.yml".to_owned(),
        text: rules.to_owned(),
    };
    let aliases = Aliases::shipped().ok();
    let set = match RuleSet::build(&[source], aliases.as_ref()) {
        Ok(set) => set,
        Err(faults) => {
            assert!(!faults.is_empty(), "a refusal has a reason");
            for fault in faults {
                assert!(fault.reason.len() < 2_000, "{fault}");
            }
            return;
        }
    };
    let Ok(event) = serde_json::from_str(event) else {
        return;
    };
    let mut correlator = Correlator::default();
    for hit in set.matches(&[], &event).hits {
        correlator.add(&set, &hit);
    }
});
