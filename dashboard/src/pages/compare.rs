//! This time against the time before, in words.

use crate::format;
use crate::web::Context;

/// `the 3 h`, as in "than the 3 h before".
pub(crate) fn span_words(ctx: &Context) -> String {
    let seconds = u64::try_from(ctx.window().seconds()).unwrap_or(0);
    format!("the {}", format::long_duration(seconds))
}

/// `38 % more than the 3 h before`; empty without a base.
pub(crate) fn compared(ctx: &Context, was: u64, is: u64) -> String {
    let words = span_words(ctx);
    match format::change(was as f64, is as f64) {
        None => String::new(),
        Some(change) if change == "the same" => format!("as in {words} before"),
        Some(change) if change.ends_with("times") => format!("{change} {words} before"),
        Some(change) => format!("{change} than {words} before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    #[test]
    fn a_comparison_reads_as_people_speak() {
        let ctx = context("/", "");
        let told = |was, is| compared(&ctx, was, is).replace('\u{a0}', " ");
        assert_eq!(told(100, 138), "38 % more than the 3 h before");
        assert_eq!(told(100, 400), "4 times the 3 h before");
        assert_eq!(told(100, 100), "as in the 3 h before");
        assert_eq!(told(0, 100), "");
    }
}
