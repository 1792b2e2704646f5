//! Files of JSON Lines, line by line, with the places of those that make no sense.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context, bail};

/// A longer line is no line of such a file: the longest request that the collector takes is shorter.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// Lines that are left out are told up to here, then only counted.
const FAULTS_TOLD: u64 = 10;

/// Lines of a file.
pub struct Lines<'a> {
    input: BufReader<Box<dyn Read>>,
    name: &'a str,
    bytes: Vec<u8>,
    line: String,
    number: u64,
    sound: u64,
    faults: u64,
}

impl<'a> Lines<'a> {
    /// Of an input; `name` is for what is told.
    pub fn new(input: Box<dyn Read>, name: &'a str) -> Self {
        let (bytes, line) = (Vec::new(), String::new());
        Self {
            input: BufReader::new(input),
            name,
            bytes,
            line,
            number: 0,
            sound: 0,
            faults: 0,
        }
    }

    /// The next line that is not empty; what is not UTF-8 in it is replaced.
    pub fn next(&mut self) -> anyhow::Result<Option<&str>> {
        loop {
            self.bytes.clear();
            let bounded = &mut (&mut self.input).take(LINE_BYTES_MAX);
            let read = bounded.read_until(b'\n', &mut self.bytes);
            if read.with_context(|| format!("cannot read {}", self.name))? == 0 {
                self.close();
                return Ok(None);
            }
            self.number += 1;
            if bounded.limit() == 0 && !self.bytes.ends_with(b"\n") {
                bail!(
                    "{}:{}: the line is longer than {LINE_BYTES_MAX} bytes",
                    self.name,
                    self.number
                );
            }
            if !self.bytes.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        self.line.clear();
        let text = String::from_utf8_lossy(&self.bytes);
        self.line
            .push_str(text.trim_start_matches('\u{feff}').trim_ascii());
        Ok(Some(&self.line))
    }

    /// The line made sense.
    pub fn took(&mut self) {
        self.sound += 1;
    }

    /// How many made sense.
    pub fn sound(&self) -> u64 {
        self.sound
    }

    /// The line made no sense: tells why.
    pub fn left_out(&mut self, fault: &str) {
        self.faults += 1;
        if self.faults <= FAULTS_TOLD {
            eprintln!(
                "{}:{}: {fault}; the line is left out",
                self.name, self.number
            );
        }
    }

    fn close(&self) {
        if self.faults > FAULTS_TOLD {
            eprintln!("{}: {} lines are left out in all", self.name, self.faults);
        }
    }
}
