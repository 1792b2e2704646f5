//! Lines of the Azure Functions host.

use super::scan::{Scan, is_uuid};

/// A genuine line is shorter than 400 bytes plus a function's name.
const LINE_BYTES: usize = 1_024;

/// `Executed 'Functions.<name>' (Succeeded, Id=<id>, Duration=<n>ms)`.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Executed<'a> {
    pub(in super::super) id: &'a str,
    pub(in super::super) succeeded: bool,
    pub(in super::super) duration_ms: f64,
}

/// The function of an `Executing` or `Executed` line.
pub(in super::super) fn function(body: &str) -> Option<&str> {
    let mut scan = Scan::new(body, LINE_BYTES);
    if !(scan.eat("Executed '") || scan.eat("Executing '")) {
        return None;
    }
    named(scan.until("'")?)
}

/// The function of a log category: `Function.<name>` of the host, `Function.<name>.User` of the
/// worker.
pub(in super::super) fn category(category: &str) -> Option<&str> {
    let name = category.strip_prefix("Function.")?;
    named(name.strip_suffix(".User").unwrap_or(name))
}

fn named(name: &str) -> Option<&str> {
    let name = name.strip_prefix("Functions.").unwrap_or(name);
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    // Azure allows letters, digits, `_` and `-`, up to 127 of them.
    ((1..=127).contains(&name.len()) && name.chars().all(is_part)).then_some(name)
}

/// Reads an `Executed` line; `None` for anything else.
pub(in super::super) fn executed(body: &str) -> Option<Executed<'_>> {
    let mut scan = Scan::new(body, LINE_BYTES);
    if !scan.eat("Executed '") {
        return None;
    }
    named(scan.until("'")?)?;
    if !scan.eat(" (") {
        return None;
    }
    let succeeded = scan.eat("Succeeded");
    if !(succeeded || scan.eat("Failed")) || !scan.eat(", Id=") {
        return None;
    }
    let id = scan.until(", Duration=")?;
    let duration_ms = scan.number()?;
    (is_uuid(id) && scan.eat("ms)")).then_some(Executed {
        id,
        succeeded,
        duration_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executed_line_tells_function_id_end_and_duration() {
        let body = "Executed 'Functions.MyHttpTrigger1' (Succeeded, \
                    Id=a5365cea-ae8a-4503-837f-99cfda138897, Duration=230ms)";
        assert_eq!(function(body), Some("MyHttpTrigger1"));
        let expected = Executed {
            id: "a5365cea-ae8a-4503-837f-99cfda138897",
            succeeded: true,
            duration_ms: 230.0,
        };
        assert_eq!(executed(body), Some(expected));
        assert!(
            !executed(&body.replace("Succeeded", "Failed"))
                .unwrap()
                .succeeded
        );
    }

    #[test]
    fn an_executing_line_tells_only_the_function() {
        let body = "Executing 'Functions.OnOrder' (Reason='New queue message on 'orders'.', \
                    Id=a5365cea-ae8a-4503-837f-99cfda138897)";
        assert_eq!(function(body), Some("OnOrder"));
        assert_eq!(executed(body), None);
    }

    #[test]
    fn categories_name_functions_of_host_and_worker() {
        assert_eq!(category("Function.OnOrder"), Some("OnOrder"));
        assert_eq!(category("Function.OnOrder.User"), Some("OnOrder"));
        assert_eq!(category("Host.Results"), None);
        assert_eq!(category("Function."), None);
    }

    #[test]
    fn lines_that_only_look_alike_are_refused() {
        for body in [
            "",
            "Executed '",
            "Executed 'Functions.A' (Succeeded, Id=x, Duration=230ms)",
            "Executed 'A b' (Succeeded, Id=a5365cea-ae8a-4503-837f-99cfda138897, Duration=2ms)",
            "Executed 'A' (Succeeded, Id=a5365cea-ae8a-4503-837f-99cfda138897, Duration=2s)",
            "Executed 'A' (Maybe, Id=a5365cea-ae8a-4503-837f-99cfda138897, Duration=2ms)",
            " Executed 'A' (Failed, Id=a5365cea-ae8a-4503-837f-99cfda138897, Duration=2ms)",
        ] {
            assert_eq!(executed(body), None, "{body}");
        }
    }
}
