//! `nephoscope bill`: what the invocations of a file cost. JSON Lines in, the same lines priced out.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use analyzers::cost::Books;
use analyzers::cost::jsonl::{LINE_BYTES_MAX, Pricer};
use anyhow::{Context, bail};

use crate::config;

/// Options of `nephoscope bill`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Invocations, one JSON object a line: provider, platform, region, arch, memory_mb, duration_ms,
    /// init_ms, billed_ms, time, kind, and where they are known account, vcpu, cpu_ms, memory_used_mb,
    /// ephemeral_storage_mb, concurrency, runtime, function, egress_gb, requests. `-`: standard input.
    #[arg(long)]
    input: PathBuf,
    /// The price book, for all lines; default: the list prices of each line's provider.
    #[arg(long)]
    book: Option<String>,
    /// The configuration file, for books of your own and what telemetry does not tell.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Whether the net total has free grants taken off; default: as configured, else true.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    free_tier: Option<bool>,
}

/// Prices the file. A line that cannot be priced is told on standard error and makes the exit status 1;
/// the others are priced all the same.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = config::load(arguments.config.as_deref(), std::env::vars())?;
    let mut books = Books::load(&config.costs)?;
    if let Some(id) = &arguments.book {
        books = books.only(id).context("--book")?;
    }
    let free_tier = arguments.free_tier.unwrap_or(config.costs.free_tier);
    let books = books.with_free_tier(free_tier);
    let name = arguments.input.display().to_string();
    let input: Box<dyn Read> = match arguments.input == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(File::open(&arguments.input).with_context(|| format!("opening {name}"))?),
    };
    let output = BufWriter::new(std::io::stdout().lock());
    match price(&books, &name, BufReader::new(input), output)? {
        0 => Ok(()),
        refused => bail!("{refused} lines of {name} were not priced; each is told above"),
    }
}

/// Prices every line of `input` into `output`; how many were refused.
fn price(
    books: &Books,
    name: &str,
    mut input: impl BufRead,
    mut output: impl Write,
) -> anyhow::Result<u64> {
    let mut pricer = Pricer::new(books);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = next_line(&mut input, &mut line).with_context(|| format!("reading {name}"))?;
        if !read {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let priced = match std::str::from_utf8(&line) {
            Ok(text) => pricer.price(text),
            Err(_) => pricer.refuse("it is not UTF-8; write JSON as UTF-8"),
        };
        match priced {
            Ok(answer) => writeln!(output, "{answer}").context("writing the answer")?,
            Err(reason) => eprintln!("{name}:{number}: {reason}"),
        }
    }
    let refused = pricer.refused();
    writeln!(output, "{}", pricer.total()).context("writing the total")?;
    output.flush().context("writing the total")?;
    Ok(refused)
}

/// Reads a line without its end into `line`; of one that is too long only so much that it is seen to be.
/// False at the input's end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let most = LINE_BYTES_MAX as u64 + 1;
    if input.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.last() != Some(&b'\n') && line.len() > LINE_BYTES_MAX {
        skip_line(input)?;
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(true)
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (used, ended) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}
