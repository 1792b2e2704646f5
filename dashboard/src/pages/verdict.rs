//! The gate of a canary, for CI: is this version worse than the one before it?

use analyzers::detectors::versions::{self, Measure};
use analyzers::gate::{self, Gate, Judged};
use analyzers::watch::ask::{self, Asked};
use serde_json::json;
use store::model::UnixNano;
use store::read::Window;
use store::read::functions::{self, FunctionRow};
use store::read::verdict::{self, BeginRow};

use crate::format;
use crate::range::BadParameter;
use crate::web::{Context, PageError, Reply};

/// Days within which a version must have begun.
const DAYS: i64 = 30;

/// `GET /api/v1/verdict?function=…&version=…[&measure=…]`.
pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let wanted = measures(ctx.params.get("measure").unwrap_or_default())?;
    let name = needed(ctx, "function")?;
    let version = needed(ctx, "version")?;
    let known = functions::list(ctx.store()).await?;
    let function = find(&known, name)?;
    let window = Window {
        from: UnixNano::from_secs(ctx.now.as_secs() - DAYS * 86_400),
        to: ctx.now,
    };
    let begin = verdict::begin(ctx.store(), window, &function.function_id, version).await?;
    let gate = match begin {
        Some(begin) => judge(ctx, &known, function, version, begin, &wanted).await?,
        None => not_seen(version),
    };
    let mut body = json!(gate);
    if let Some(body) = body.as_object_mut() {
        body.insert("function_id".to_owned(), json!(function.function_id));
        body.insert("version".to_owned(), json!(version));
        let begin_ms = begin.map(|begin| begin.first_s * 1_000);
        body.insert("begin_ms".to_owned(), json!(begin_ms));
        body.insert("asked_at_ms".to_owned(), json!(ctx.now_ms()));
    }
    Ok(Reply::Json(body))
}

async fn judge(
    ctx: &Context,
    known: &[FunctionRow],
    function: &FunctionRow,
    version: &str,
    begin: BeginRow,
    wanted: &Wanted,
) -> Result<Gate, PageError> {
    let asked = Asked {
        id: &function.function_id,
        version,
        begin_s: begin.first_s,
        until: ctx.now,
    };
    let mut judged: Vec<Judged> = Vec::new();
    if wanted.cold_starts {
        judged.push(ask::cold_starts(ctx.store(), known, function, asked).await?);
    }
    if !wanted.measures.is_empty() {
        let (cells, new) = ask::cells(ctx.store(), asked).await?;
        let verdicts = versions::judge(&cells, new, &wanted.measures);
        judged.extend(verdicts.iter().map(gate::of_measure));
    }
    Ok(gate::decide(judged))
}

fn not_seen(version: &str) -> Gate {
    let version = format::bounded(version, 80);
    Gate {
        verdict: gate::Answer::Undecided,
        reasons: vec![format!(
            "No invocation of version {version} was seen within {DAYS} days."
        )],
        needs: vec!["invocations of this version".to_owned()],
        measures: Vec::new(),
    }
}

fn needed<'a>(ctx: &'a Context, key: &'static str) -> Result<&'a str, PageError> {
    let value = ctx.params.get(key).unwrap_or_default();
    match value.is_empty() {
        true => Err(BadParameter::new(key, "", "it is needed").into()),
        false => Ok(value),
    }
}

/// By id, or by name if only one function has it.
fn find<'a>(known: &'a [FunctionRow], name: &str) -> Result<&'a FunctionRow, PageError> {
    if let Some(function) = known.iter().find(|f| f.function_id == name) {
        return Ok(function);
    }
    let named: Vec<&FunctionRow> = known.iter().filter(|f| f.name == name).collect();
    match named[..] {
        [function] => Ok(function),
        [] => Err(PageError::NotFound {
            what: format!("There is no function {}.", format::bounded(name, 120)),
            help: "Give its name or id as /functions lists them.".to_owned(),
        }),
        [first, second, ..] => {
            let help = format!(
                "several functions have this name; give an id, such as {} or {}",
                first.function_id, second.function_id
            );
            Err(BadParameter::new("function", name, &help).into())
        }
    }
}

struct Wanted {
    cold_starts: bool,
    measures: Vec<Measure>,
}

/// Names separated by commas; all where there is none.
fn measures(text: &str) -> Result<Wanted, PageError> {
    let mut wanted = Wanted {
        cold_starts: text.is_empty(),
        measures: match text.is_empty() {
            true => Measure::ALL.to_vec(),
            false => Vec::new(),
        },
    };
    for name in text.split(',').filter(|_| !text.is_empty()) {
        match Measure::ALL.into_iter().find(|m| m.as_str() == name) {
            Some(measure) if !wanted.measures.contains(&measure) => wanted.measures.push(measure),
            Some(_) => {}
            None if name == gate::COLD_START => wanted.cold_starts = true,
            None => {
                let all: Vec<&str> = std::iter::once(gate::COLD_START)
                    .chain(Measure::ALL.map(Measure::as_str))
                    .collect();
                let help = format!("known are {}", all.join(", "));
                return Err(BadParameter::new("measure", name, &help).into());
            }
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_all_or_those_named_and_an_unknown_one_is_refused() {
        let all = measures("").expect("all");
        assert!(all.cold_starts && all.measures.len() == Measure::ALL.len());
        let two = measures("errors,cold_start,errors").expect("two");
        assert!(two.cold_starts && two.measures == [Measure::Errors]);
        let refused = measures("errors,speed").err().expect("refused").tell();
        assert!(refused.what.contains("speed") && refused.what.contains("duration_p95"));
    }
}
