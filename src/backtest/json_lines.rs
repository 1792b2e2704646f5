//! JSON Lines, object by object. A line that is none is left out and told with its place.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Map, Value};

/// A longer line is left out.
const LINE_BYTES_MAX: u64 = 32 << 20;
/// Lines that are left out are told up to here, then only counted.
const FAULTS_TOLD: usize = 10;

/// What a reader makes of an object: nothing to say, or why it is left out. An error ends the reading.
pub type Taken = anyhow::Result<Option<String>>;

/// Hands each line's number (from 1) and object to `take`. `-` is standard input.
pub fn read(
    path: &Path,
    mut take: impl FnMut(usize, Map<String, Value>) -> Taken,
) -> anyhow::Result<()> {
    let place = path.display();
    let file: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => {
            Box::new(std::fs::File::open(path).with_context(|| format!("cannot open {place}"))?)
        }
    };
    let mut file = BufReader::new(file);
    let (mut line, mut faults, mut sound) = (Vec::new(), 0_usize, 0_usize);
    for number in 1.. {
        line.clear();
        let read = next(&mut file, &mut line).with_context(|| format!("cannot read {place}"))?;
        if !read {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let taken = match object(&line) {
            Ok(object) => take(number, object).with_context(|| format!("{place}:{number}"))?,
            Err(fault) => Some(fault),
        };
        match taken {
            None => sound += 1,
            Some(fault) => {
                faults += 1;
                if faults <= FAULTS_TOLD {
                    eprintln!("{place}:{number}: {fault}; the line is left out");
                }
            }
        }
    }
    if faults > FAULTS_TOLD {
        eprintln!("{place}: {faults} lines are left out in all");
    }
    if sound == 0 && faults > 0 {
        bail!("{place} has no line that can be used");
    }
    Ok(())
}

fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    if line.len() as u64 > LINE_BYTES_MAX {
        return Err(format!("longer than {LINE_BYTES_MAX} bytes"));
    }
    // What is not UTF-8 is replaced: hostile bytes in one field should not hide the others.
    let text = String::from_utf8_lossy(line);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("no JSON object".to_owned()),
        Err(error) => Err(format!("no JSON: {error}")),
    }
}

/// Reads a line into `line`, of one that is too long one byte more than the limit; false at the end.
fn next(file: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    if file
        .by_ref()
        .take(LINE_BYTES_MAX + 1)
        .read_until(b'\n', line)?
        == 0
    {
        return Ok(false);
    }
    if line.len() as u64 > LINE_BYTES_MAX && line.last() != Some(&b'\n') {
        skip(file)?;
    }
    Ok(true)
}

/// Reads on to the end of a line.
fn skip(file: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (used, ended) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        file.consume(used);
        if ended {
            return Ok(());
        }
    }
}
