//! How many events Sigma rules take a second, on one core: see README.md.
//!
//!     cargo bench --bench sigma -- [--rules N] [--folder DIR]

#![allow(clippy::print_stdout)] // figures are what it is for

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use serde_json::{Value, json};
use threats::sigma::{Aliases, LogSource, RuleSet, Source};

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Made-up rules for each source, so many in all
    #[arg(long, default_value_t = 500)]
    rules: usize,
    /// Rules of a folder instead
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Events of each source
    #[arg(long, default_value_t = 50_000)]
    events: u32,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    for aliases in [None, Aliases::shipped().ok()] {
        let loaded = match &arguments.folder {
            Some(folder) => RuleSet::load(folder, aliases.as_ref()),
            None => RuleSet::build(&made_up(arguments.rules), aliases.as_ref()),
        };
        let set = loaded.unwrap_or_else(|faults| panic!("{faults:#?}"));
        let names = if aliases.is_some() { "with" } else { "without" };
        println!("{} rules, {names} aliases of fields", set.rules().len());
        for (name, source, event) in events() {
            let begin = Instant::now();
            for _ in 0..arguments.events {
                std::hint::black_box(set.matches(std::slice::from_ref(&source), &event));
            }
            let rate = f64::from(arguments.events) / begin.elapsed().as_secs_f64();
            println!("  {name:<12} {rate:>9.0} events/s");
        }
    }
}

/// Rules as people write them: calls of an audit log by name, command lines and addresses by parts.
fn made_up(count: usize) -> Vec<Source> {
    let rule = |number: usize| match number % 3 {
        0 => format!(
            "title: call {number}\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  \
             selection: {{eventSource: s{}.amazonaws.com, eventName: [Put{number}, Delete{number}]}}\n  \
             filter: {{errorCode|exists: true}}\n  condition: selection and not filter\n",
            number % 20
        ),
        1 => format!(
            "title: command {number}\nlogsource: {{category: process_creation, product: linux}}\n\
             detection:\n  image: {{Image|endswith: [/tool{number}, /other{number}]}}\n  \
             line: {{CommandLine|contains|all: [' -x{number}', 'http']}}\n  condition: image and line\n"
        ),
        _ => format!(
            "title: address {number}\nlogsource: {{category: webserver}}\ndetection:\n  \
             query: {{cs-uri-query|contains: [payload{number}, '%3C{number}', 'x*y{number}']}}\n  \
             agent: {{cs-user-agent|contains: tool{number}}}\n  condition: 1 of them\n"
        ),
    };
    let text = |number| Source {
        file: format!("{number}.yml"),
        text: rule(number),
    };
    (0..count).map(text).collect()
}

fn events() -> Vec<(&'static str, LogSource, Value)> {
    let source = |category, product, service| LogSource::new(category, product, service);
    vec![
        (
            "audit",
            source(None, Some("aws"), Some("cloudtrail")),
            json!({
                "eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
                "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/shop/x"},
                "requestParameters": {"bucketName": "orders", "key": "5"}, "sourceIPAddress": "192.0.2.1",
            }),
        ),
        (
            "process",
            source(Some("process_creation"), Some("linux"), None),
            json!({"Image": "/usr/bin/python3.12", "CommandLine": "python3 /var/task/app.py --port 8080"}),
        ),
        (
            "web request",
            source(Some("webserver"), None, None),
            json!({
                "cs-method": "GET", "cs-uri-stem": "/shop/items", "cs-uri-query": "category=books&page=5",
                "cs-user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/126", "sc-status": 200,
            }),
        ),
    ]
}
