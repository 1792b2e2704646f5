//! The last line of an execution of a first-generation Google Cloud function.

use super::scan::Scan;

/// A genuine line is shorter than 120 bytes.
const LINE_BYTES: usize = 256;

/// `Function execution took <n> ms, finished with status …`.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Execution<'a> {
    pub(in super::super) duration_ms: f64,
    pub(in super::super) end: End<'a>,
}

/// How an execution ended.
#[derive(Debug, PartialEq)]
pub(in super::super) enum End<'a> {
    /// An HTTP function, with its status code.
    Code(u16),
    /// An event function: `ok`, `timeout`, `crash`, `error`, `connection error`.
    Word(&'a str),
}

/// Reads the line; `None` for anything else.
pub(in super::super) fn execution(body: &str) -> Option<Execution<'_>> {
    let mut scan = Scan::new(body, LINE_BYTES);
    if !scan.eat("Function execution took ") {
        return None;
    }
    let duration_ms = scan.number()?;
    if !(scan.eat(" ms, finished with status") || scan.eat(" ms. Finished with status")) {
        return None;
    }
    if scan.eat(" code: ") {
        let code = scan.word().parse().ok()?;
        return Some(Execution {
            duration_ms,
            end: End::Code(code),
        });
    }
    if !scan.eat(": ") {
        return None;
    }
    let word = if scan.eat("'") {
        scan.until("'")?
    } else {
        scan.word()
    };
    let is_part = |c: char| c.is_ascii_lowercase() || c == ' ' || c == '_';
    let sound = (1..=40).contains(&word.len()) && word.chars().all(is_part);
    sound.then_some(Execution {
        duration_ms,
        end: End::Word(word),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_functions_end_with_a_code_and_event_functions_with_a_word() {
        let http = "Function execution took 131 ms, finished with status code: 200";
        let expected = Execution {
            duration_ms: 131.0,
            end: End::Code(200),
        };
        assert_eq!(execution(http), Some(expected));
        for (status, word) in [("'ok'", "ok"), ("'timeout'", "timeout"), ("crash", "crash")] {
            let body = format!("Function execution took 60003 ms, finished with status: {status}");
            let expected = Execution {
                duration_ms: 60_003.0,
                end: End::Word(word),
            };
            assert_eq!(execution(&body), Some(expected));
        }
    }

    #[test]
    fn other_lines_are_refused() {
        for body in [
            "Function execution started",
            "Function execution took too long",
            "Function execution took 5 ms, finished with status: <script>",
            "Function execution took 5 ms, finished with status code: 70000",
            "Function execution took 5 ms, finished with status: '",
        ] {
            assert_eq!(execution(body), None, "{body}");
        }
    }
}
