//! Reads a scenario file and says where it is wrong: `file:line:column: reason`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{Form, Incident, KINDS, Kind, Params, Scenario, matching};
use crate::function::Function;
use crate::time::{Ns, parse_length, parse_moment, parse_offset};

/// Most incidents in a file: every arrival looks at each of them.
const INCIDENTS_MAX: usize = 1_000;

/// What is wrong with a scenario file, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1; 0 when unknown.
    pub line: u64,
    /// Column, from 1; 0 when unknown.
    pub column: u64,
    /// What is wrong and what to do.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    fn at(location: Location, reason: String) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
            reason,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    incidents: Vec<Spanned<Fields>>,
}

/// The keys of one incident as they stand in the file. Each kind knows its own keys, so that a new
/// kind needs no change here.
struct Fields(Vec<(Spanned<String>, Spanned<Scalar>)>);

#[derive(Debug)]
enum Scalar {
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the keys of an incident")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut pairs = Vec::new();
                while let Some(key) = map.next_key()? {
                    pairs.push((key, map.next_value()?));
                }
                Ok(Fields(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl Visitor<'_> for One {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }
            fn visit_i64<E>(self, v: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(v as f64))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(v.to_owned()))
            }
        }
        deserializer.deserialize_any(One)
    }
}

/// Reads the text of a scenario file. Offsets in it count from `start`, the end of the history.
///
/// # Errors
/// The first fault of the file: unknown keys or kinds, values out of range, times that are none,
/// functions that do not exist.
pub fn parse(text: &str, start: Ns, functions: &[Function]) -> Result<Scenario, Fault> {
    let file: File = serde_saphyr::from_str(text).map_err(|e| {
        let (line, column) = e.location().map_or((0, 0), |l| (l.line(), l.column()));
        Fault {
            line,
            column,
            reason: first_line(&e.to_string()),
        }
    })?;
    if file.incidents.len() > INCIDENTS_MAX {
        let reason = format!("more than {INCIDENTS_MAX} incidents: split the file");
        return Err(Fault::at(file.incidents[INCIDENTS_MAX].referenced, reason));
    }
    let incidents = file.incidents.iter().map(|i| incident(i, start, functions));
    Ok(Scenario {
        incidents: incidents.collect::<Result<_, _>>()?,
    })
}

/// The message alone: the parser prefixes the place, which we say ourselves, and draws a picture.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or("not a scenario");
    match line
        .strip_prefix("error: line ")
        .and_then(|rest| rest.split_once(": "))
    {
        Some((_, message)) => message.to_owned(),
        None => line.to_owned(),
    }
}

/// Keys every incident has; `name` and, for some kinds, `for` may be left out.
const COMMON: [&str; 5] = ["name", "at", "for", "function", "kind"];

fn incident(raw: &Spanned<Fields>, start: Ns, functions: &[Function]) -> Result<Incident, Fault> {
    let find = |key: &str| {
        raw.value
            .0
            .iter()
            .find(|(k, _)| k.value == key)
            .map(|(_, v)| v)
    };
    let text = |key: &str| -> Result<(String, Location), Fault> {
        let missing = || Fault::at(raw.referenced, format!("the incident has no '{key}'"));
        let value = find(key).ok_or_else(missing)?;
        match &value.value {
            Scalar::Text(t) => Ok((t.clone(), value.referenced)),
            Scalar::Number(n) => Err(Fault::at(
                value.referenced,
                format!("'{key}' must be a text, not the number {n}; write e.g. 10m"),
            )),
        }
    };
    let (kind_name, kind_at) = text("kind")?;
    let kind = KINDS.iter().find(|k| k.name == kind_name).ok_or_else(|| {
        let names: Vec<&str> = KINDS.iter().map(|k| k.name).collect();
        Fault::at(
            kind_at,
            format!("there is no kind '{kind_name}'; it is one of {names:?}"),
        )
    })?;
    let (at, at_place) = text("at")?;
    let from = moment(&at, start).map_err(|why| Fault::at(at_place, why))?;
    let until = match find("for") {
        None if kind.may_last => None,
        _ => {
            let (length, place) = text("for")?;
            length_or_forever(&length)
                .map_err(|why| Fault::at(place, why))?
                .map(|length| from.saturating_add(length))
        }
    };
    let (pattern, place) = text("function")?;
    let hit = matching(&pattern, functions);
    if hit.is_empty() {
        let names: Vec<&str> = functions.iter().take(20).map(|f| f.name.as_str()).collect();
        let reason = format!(
            "no function is called '{pattern}'; there are {}",
            names.join(", ")
        );
        return Err(Fault::at(place, reason));
    }
    let params = params(kind, raw)?;
    let name = if find("name").is_some() {
        text("name")?.0
    } else {
        kind.name.to_owned()
    };
    let effect = (kind.effect)(&params);
    Ok(Incident {
        name,
        kind: kind.name,
        from,
        until,
        functions: hit,
        params,
        effect,
    })
}

/// A length of time; `None`: to the end.
fn length_or_forever(text: &str) -> Result<Option<Ns>, String> {
    match text {
        "forever" => Ok(None),
        _ => parse_length(text).map(Some),
    }
}

/// An RFC 3339 moment, or an offset from the start.
fn moment(text: &str, start: Ns) -> Result<Ns, String> {
    // A moment has its date's hyphens and a T; no offset has.
    if text.contains('T') {
        return parse_moment(text);
    }
    let offset = parse_offset(text)?;
    start
        .checked_add_signed(offset)
        .ok_or_else(|| format!("'{text}' lies before 1970"))
}

fn params(kind: &Kind, raw: &Spanned<Fields>) -> Result<Params, Fault> {
    let mut params = Params::default();
    for (key, value) in &raw.value.0 {
        if COMMON.contains(&key.value.as_str()) {
            continue;
        }
        let Some(param) = kind.takes.iter().find(|p| p.name == key.value) else {
            let known: Vec<&str> = COMMON
                .iter()
                .copied()
                .chain(kind.takes.iter().map(|p| p.name))
                .collect();
            let reason = format!(
                "'{}' is no key of kind {}; it takes {}",
                key.value,
                kind.name,
                known.join(", ")
            );
            return Err(Fault::at(key.referenced, reason));
        };
        match (&param.form, &value.value) {
            (Form::Number { least, most, .. }, Scalar::Number(n))
                if (*least..=*most).contains(n) =>
            {
                params.numbers.insert(param.name, *n);
            }
            (Form::Number { least, most, .. }, _) => {
                let reason = format!("'{}' must be a number from {least} to {most}", param.name);
                return Err(Fault::at(value.referenced, reason));
            }
            (Form::OneOf(texts), Scalar::Text(t)) if texts.contains(&t.as_str()) => {
                params.texts.insert(param.name, t.clone());
            }
            (Form::OneOf(texts), _) => {
                let reason = format!("'{}' must be one of {}", param.name, texts.join(", "));
                return Err(Fault::at(value.referenced, reason));
            }
            (Form::Text, Scalar::Text(t)) => {
                params.texts.insert(param.name, t.clone());
            }
            (Form::Text, Scalar::Number(n)) => {
                params.texts.insert(param.name, n.to_string());
            }
        }
    }
    for param in kind.takes {
        if let Form::Number { default, .. } = &param.form
            && !params.numbers.contains_key(param.name)
        {
            let missing = || format!("kind {} needs '{}'", kind.name, param.name);
            let value = default.ok_or_else(|| Fault::at(raw.referenced, missing()))?;
            params.numbers.insert(param.name, value);
        }
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::super::{Conditions, Effect};
    use super::*;
    use crate::catalogue;
    use crate::time::{HOUR, MINUTE};

    const START: Ns = 1_770_000_000_000_000_000;

    fn read(text: &str) -> Result<Scenario, Fault> {
        parse(text, START, &catalogue::named().unwrap())
    }

    #[test]
    fn a_good_file_is_read() {
        let s = read(
            "incidents:\n\
             - { at: -90m, for: 20m, function: checkout, kind: errors, rate: 0.4 }\n\
             - { at: 2026-02-02T02:40:00Z, for: 1h, function: 'aws_lambda/*', kind: slow }\n\
             - { name: bad release, at: 10m, function: cart, kind: deploy, version: 119 }\n",
        )
        .unwrap();
        let [errors, slow, deploy] = &s.incidents[..] else {
            panic!("three")
        };
        assert_eq!(errors.from, START - 90 * MINUTE);
        assert_eq!(errors.until, Some(START - 70 * MINUTE));
        assert_eq!(errors.params.number("rate"), 0.4);
        assert_eq!(slow.from, START);
        assert!(slow.functions.len() > 5);
        assert_eq!((deploy.name.as_str(), deploy.until), ("bad release", None));
        assert_eq!(deploy.params.text("version"), Some("119"));
        let checkout = errors.functions[0];
        assert_eq!(s.conditions(checkout, START - 80 * MINUTE).error_rate, 0.4);
        assert_eq!(s.conditions(checkout, START - 2 * HOUR), Conditions::USUAL);
        assert_eq!(s.conditions(checkout, START).duration, 3.0);
        assert!(matches!(deploy.effect, Effect::Deploy(_)));
        let forever = "incidents: [{ at: 1h, for: forever, function: cart, kind: growth }]";
        let growing = read(forever).unwrap();
        let cart = growing.incidents[0].functions[0];
        let day = growing.conditions(cart, START + 25 * HOUR).duration;
        assert!((1.42..1.44).contains(&day), "{day}");
        assert_eq!(s.changes(deploy.functions[0]).len(), 1);
    }

    #[test]
    fn bad_files_are_refused_with_their_line() {
        let good = "incidents:\n  - at: 10m\n    for: 5m\n    function: cart\n    kind: slow\n";
        assert!(read(good).is_ok());
        for (bad, line, why) in [
            (
                good.replace("kind: slow", "kind: slwo"),
                5,
                "no kind 'slwo'",
            ),
            (
                good.replace("at: 10m", "at: soon"),
                2,
                "'soon' is no length",
            ),
            (good.replace("at: 10m", "at: 10"), 2, "must be a text"),
            (good.replace("for: 5m", "for: -5m"), 3, "'-5m' is no length"),
            (
                good.replace("cart", "carp"),
                4,
                "no function is called 'carp'",
            ),
            (
                format!("{good}    factr: 2\n"),
                6,
                "'factr' is no key of kind slow",
            ),
            (
                format!("{good}    factor: 0\n"),
                6,
                "must be a number from 0.01",
            ),
            (format!("{good}    factor: big\n"), 6, "must be a number"),
            (
                good.replace("kind: slow", "kind: deploy\n    arch: z80"),
                6,
                "'arch' must be one of x86_64, arm64",
            ),
            (good.replace("    kind: slow\n", ""), 2, "has no 'kind'"),
            (good.replace("    for: 5m\n", ""), 2, "has no 'for'"),
            (format!("{good}    at: 20m\n"), 6, "duplicate"),
            ("incident: []\n".to_owned(), 1, "incident"),
            ("incidents: [\n".to_owned(), 1, "unclosed"),
        ] {
            let fault = read(&bad).expect_err(&bad);
            assert_eq!(fault.line, line, "{fault}\n{bad}");
            assert!(fault.reason.contains(why), "{fault}\n{bad}");
            assert!(fault.column > 0, "{fault}");
        }
    }

    #[test]
    fn the_examples_are_good() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let mut read_files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            if let Err(fault) = read(&text) {
                panic!("{}:{fault}", path.display());
            }
            read_files += 1;
        }
        assert!(read_files >= 2);
    }
}
