//! Texts on both ends of a trace, made comparable.

use super::super::outbound;
use crate::payload::Class;

/// Percent signs and plus signs undone, twice at most, in small letters.
pub fn decoded(text: &str) -> String {
    let mut text = text.replace('+', " ");
    for _ in 0..2 {
        if !text.contains('%') {
            break;
        }
        text = percent(&text);
    }
    text.to_lowercase()
}

fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match (
            bytes[at],
            hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The host of an address in a text.
pub fn host(text: &str) -> Option<String> {
    let at = text.find("://")?;
    let scheme = text[..at]
        .rfind(|c: char| !c.is_ascii_alphanumeric())
        .map_or(0, |at| at + 1);
    outbound::of_url(&text[scheme..]).map(|(host, _)| host)
}

/// Whether machines get credentials there.
pub fn is_secret_place(host: &str) -> bool {
    [
        "metadata.google.internal",
        "169.254.",
        "100.100.100.200",
        "fd00:ec2",
    ]
    .iter()
    .any(|place| host.starts_with(place))
}

/// A query without its texts and numbers: its shape.
pub fn shape(query: &str) -> String {
    let mut shape = String::with_capacity(query.len());
    let mut chars = query.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                while chars.next().is_some_and(|c| c != '\'') {}
                shape.push('?');
            }
            c if c.is_ascii_digit()
                && !shape.ends_with(|last: char| last.is_alphanumeric() || last == '_') =>
            {
                while chars
                    .peek()
                    .is_some_and(|c| c.is_ascii_alphanumeric() || *c == '.')
                {
                    chars.next();
                }
                shape.push('?');
            }
            c if c.is_whitespace() => {
                if !shape.ends_with(' ') {
                    shape.push(' ');
                }
            }
            c => shape.push(c),
        }
    }
    // Lists are as long as they are.
    while shape.contains("?, ?") || shape.contains("?,?") {
        shape = shape.replace("?, ?", "?").replace("?,?", "?");
    }
    shape
}

/// Whether words are what a function says in which a payload of this class was run.
pub fn fits(class: Class, words: &str) -> bool {
    let any = |list: &[&str]| list.iter().any(|word| words.contains(word));
    match class {
        Class::Sqli => any(&[
            "syntax error",
            "sql syntax",
            "sqlsyntax",
            "unterminated quoted",
            "unclosed quotation",
            "sqlite_error",
            "ora-0",
            "psycopg2",
            "operationalerror",
            "programmingerror",
            "sqlstate",
            "er_parse_error",
            "unrecognized token",
            "pg::",
            "sqlexception",
            "mysql_fetch",
            "quoted string not properly",
        ]),
        Class::Nosql => any(&[
            "mongoerror",
            "mongoservererror",
            "bad query",
            "unknown operator",
            "casterror",
        ]),
        Class::Command | Class::Shellshock => any(&[
            "command not found",
            "sh: ",
            "uid=",
            "not recognized as an internal",
            "no such file or directory: '/bin",
            "childprocesserror",
            "calledprocesserror",
            "exit status 127",
        ]),
        Class::Traversal => any(&[
            "root:x:0:0",
            "enoent",
            "filenotfounderror",
            "no such file or directory",
            "eacces",
            "permission denied",
            "isadirectoryerror",
            "nosuchfileexception",
        ]),
        Class::Xxe => any(&[
            "saxparse",
            "xmlsyntaxerror",
            "doctype",
            "external entity",
            "root:x:0:0",
        ]),
        Class::Ssti => any(&[
            "templatesyntaxerror",
            "undefinederror",
            "jinja2",
            "template error",
            "parseexception",
        ]),
        Class::Deserialisation => any(&[
            "invalidclassexception",
            "classnotfoundexception",
            "unpicklingerror",
            "streamcorrupted",
            "classcastexception",
            "unserialize(",
            "pickle",
        ]),
        Class::Log4shell => any(&[
            "jndi",
            "namingexception",
            "ldapctx",
            "communicationexception",
        ]),
        Class::Ldap => any(&[
            "invalidnameexception",
            "ldaperr",
            "bad search filter",
            "invalidsearchfilter",
        ]),
        Class::Code => any(&[
            "evalerror",
            "parse error",
            "nameerror",
            "referenceerror",
            "unexpected token",
        ]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_differ_in_values_have_one_shape() {
        let one = shape("select * from t where id = 17 and name in ('a', 'b')");
        let two = shape("select  * from t where id = 4 and name in ('x')");
        assert_eq!(one, two);
        assert_ne!(one, shape("select * from t where id = 17 or 1=1 --"));
    }

    #[test]
    fn what_was_sent_is_read_as_the_function_reads_it() {
        assert_eq!(decoded("1%27+OR+1%3D1"), "1' or 1=1");
        assert_eq!(
            host("u=http://169.254.169.254/latest").as_deref(),
            Some("169.254.169.254")
        );
    }
}
