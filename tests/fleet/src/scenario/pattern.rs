//! Which functions an incident means.

use crate::function::Function;

/// Whether a pattern with `*` and `?` matches a text.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while j < t.len() {
        match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(c) if *c == '?' || *c == t[j] => {
                i += 1;
                j += 1;
            }
            // Let the last star swallow one more character and try again from there.
            _ => match star {
                Some((at, swallowed)) => {
                    star = Some((at, swallowed + 1));
                    (i, j) = (at + 1, swallowed + 1);
                }
                None => return false,
            },
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

/// Whether one pattern means a function: by its name, by `platform/name`, or by all functions of a
/// `runtime:` or `region:`.
fn means(pattern: &str, f: &Function) -> bool {
    match pattern.split_once(':') {
        Some(("runtime", runtime)) => glob(runtime, f.runtime.sdk_language()),
        Some(("region", region)) => glob(region, &f.region),
        _ => glob(pattern, &f.name) || glob(pattern, &format!("{}/{}", f.platform.name(), f.name)),
    }
}

/// The functions that any of the patterns means, which commas separate, in the fleet's order.
pub fn matching(patterns: &str, functions: &[Function]) -> Vec<usize> {
    let patterns: Vec<&str> = patterns.split(',').map(str::trim).collect();
    (0..functions.len())
        .filter(|i| patterns.iter().any(|p| means(p, &functions[*i])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn globs() {
        for (pattern, text, want) in [
            ("checkout", "checkout", true),
            ("check*", "checkout", true),
            ("*", "", true),
            ("*a*b", "xaxxb", true),
            ("c?rt", "cart", true),
            ("cart", "carts", false),
            ("aws_lambda/*", "aws_lambda/cart", true),
            ("*x", "abc", false),
        ] {
            assert_eq!(glob(pattern, text), want, "{pattern} on {text}");
        }
    }

    #[test]
    fn several_functions_are_meant_by_name_runtime_and_region() {
        let fleet = catalogue::named().unwrap();
        let names = |patterns: &str| -> Vec<&str> {
            let hit = matching(patterns, &fleet).into_iter();
            hit.map(|i| fleet[i].name.as_str()).collect()
        };
        assert_eq!(names("cart, checkout"), ["checkout", "cart"]);
        assert_eq!(names("runtime:java"), ["image-resize"]);
        assert!(names("region:eu-central-1").len() > 4);
        assert!(names("region:nowhere").is_empty());
    }
}
