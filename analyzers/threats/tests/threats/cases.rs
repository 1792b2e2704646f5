//! Variants of each class's own grammar, and texts that only look like them.

use threats::payload::Inspector;

use super::attacks::ATTACKS;
use super::inspect;
use super::quiet::QUIET;
use super::whole::WHOLE;

#[test]
fn every_variant_is_flagged() {
    let inspector = Inspector::new();
    let missed: Vec<&str> = ATTACKS
        .iter()
        .chain(WHOLE)
        .flat_map(|(_, texts)| texts.iter().copied())
        .filter(|text| !inspect(&inspector, text).flagged())
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
}

/// Some belong to two classes: a command that reads a file, code that runs a command.
#[test]
fn the_class_is_the_right_one_nearly_always() {
    let inspector = Inspector::new();
    for (class, texts) in ATTACKS.iter().chain(WHOLE) {
        let right = texts
            .iter()
            .filter(|text| inspect(&inspector, text).classes.contains(class));
        let right = right.count();
        assert!(
            right * 10 >= texts.len() * 8,
            "{class}: {right} of {}",
            texts.len()
        );
    }
}

#[test]
fn what_people_write_stays_quiet() {
    let inspector = Inspector::new();
    let flagged = |text: &&str| {
        let said = inspect(&inspector, text);
        said.flagged().then(|| format!("{text:?}: {said:?}"))
    };
    let loud: Vec<String> = QUIET.iter().filter_map(flagged).collect();
    assert_eq!(loud, Vec::<String>::new());
}

#[test]
fn evidence_is_what_was_sent() {
    let inspector = Inspector::new();
    let text = "q=%2527%2520or%25201%253D1--";
    let said = inspect(&inspector, text);
    let shown = &said.evidence.first().expect("flagged").matched;
    assert!(text.contains(shown.as_str()), "{shown}");
    assert!(shown.contains("%25"), "{shown}");
}
