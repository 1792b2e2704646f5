//! Making messages fit: fewer alerts first, then a shorter text, and always where the rest is.

use super::{Unmade, links};
use crate::template::{Format, View};

/// What stands where something was left out.
const CUT: char = '…';

/// `text` on one line without controls, as titles and subjects need it.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// `text` in `max` characters.
pub fn chars(text: &str, max: usize) -> String {
    longest(text, |kept| kept.chars().count() <= max)
}

/// `text` in `max` bytes.
pub fn bytes(text: &str, max: usize) -> String {
    longest(text, |kept| kept.len() <= max)
}

/// The longest beginning of `text`, marked as such, for which `fits` holds.
fn longest(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let marked = |at: usize| format!("{}{CUT}", text[..at].trim_end());
    // The first end that no longer fits; all ends after it do not either.
    let end = ends.partition_point(|at| fits(&marked(*at)));
    ends.truncate(end);
    ends.last().map(|at| marked(*at)).unwrap_or_default()
}

/// A line rendered from `source`, in `max` characters.
pub fn line(view: &View, source: &str, format: Format, max: usize) -> Result<String, Unmade> {
    Ok(chars(&one_line(&view.render(source, format)?), max))
}

/// A text rendered from `source` for which `fits` holds: of all alerts, or of as many as fit and a link
/// to the others, those that fire first.
pub fn text(
    view: &View,
    source: &str,
    format: Format,
    fits: impl Fn(&str) -> bool,
) -> Result<String, Unmade> {
    let whole = view.render(source, format)?;
    if fits(&whole) {
        return Ok(whole);
    }
    let all = view.notification().alerts.len();
    let (mut least, mut most) = (0, all);
    let mut best = None;
    while least + 1 < most {
        let count = least.midpoint(most);
        let some = view.first(count).render(source, format)?;
        let some = format!("{}\n{}", some.trim_end(), rest(view, all - count, format));
        if fits(&some) {
            best = Some(some);
            least = count;
        } else {
            most = count;
        }
    }
    match best {
        Some(best) => Ok(best),
        None => shortened(view, source, format, fits),
    }
}

/// One alert is too long already: as much of it as fits. HTML cannot be cut, so its plain text is.
fn shortened(
    view: &View,
    source: &str,
    format: Format,
    fits: impl Fn(&str) -> bool,
) -> Result<String, Unmade> {
    let all = view.notification().alerts.len();
    let tail = match all {
        0 | 1 => format!("\n{}", more(view, format)),
        _ => format!("\n{}", rest(view, all - 1, format)),
    };
    let one = view.first(1);
    let (text, escaped) = match format {
        Format::Html => (one.render(source, Format::Plain)?, true),
        _ => (one.render(source, format)?, false),
    };
    let written = |kept: &str| if escaped { html(kept) } else { kept.to_owned() };
    let kept = longest(&text, |kept| fits(&format!("{}{tail}", written(kept))));
    let with_link = format!("{}{tail}", written(&kept));
    if fits(&with_link) {
        return Ok(with_link);
    }
    // Not even the link fits.
    Ok(longest(&text, |kept| fits(&written(kept)))).map(|kept| written(&kept))
}

fn rest(view: &View, count: usize, format: Format) -> String {
    let alerts = if count == 1 { "alert" } else { "alerts" };
    format!("{CUT} and {count} more {alerts}: {}", address(view, format))
}

fn more(view: &View, format: Format) -> String {
    format!("{CUT} more: {}", address(view, format))
}

fn address(view: &View, format: Format) -> String {
    let address = links::alerts(view);
    match format {
        Format::Html => html(&address),
        format => format.escape(&address),
    }
}

fn html(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    escaped.replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::notify::samples;
    use crate::template::Templates;

    proptest! {
        #[test]
        fn a_text_in_limits_is_a_beginning_of_the_whole(whole in "\\PC{0,40}", max in 0_usize..60) {
            let kept = chars(&whole, max);
            prop_assert!(kept.chars().count() <= max);
            prop_assert!(kept == whole || whole.starts_with(kept.trim_end_matches(CUT)));
            prop_assert!(bytes(&whole, max).len() <= max);
            prop_assert_eq!(one_line(&whole).contains(char::is_control), false);
        }

        #[test]
        fn a_message_fits_and_says_where_the_rest_is(
            alerts in 1_usize..40, words in "\\PC{0,300}", max in 120_usize..2_000,
            format in proptest::sample::select(vec![
                Format::Plain, Format::Slack, Format::Markdown, Format::Html,
            ]),
        ) {
            let mut notification = samples::firing();
            let mut alert = notification.alerts[0].clone();
            alert.annotations = [("summary", words.as_str())].into_iter().collect();
            notification.alerts = vec![alert; alerts];
            let templates = Arc::new(Templates::new([]).expect("defaults"));
            let view = View::new(&templates, &notification, "https://o.example", samples::NOW).expect("a view");
            let source = "{{ range .Alerts }}<{{ .Annotations.summary }}>\n{{ end }}";
            let source = if format == Format::Html { source.replace('<', "<p>").replace(">\n", "</p>\n") } else { source.to_owned() };
            let whole = view.render(&source, format).expect("rendered");
            let kept = text(&view, &source, format, |text| text.encode_utf16().count() <= max).expect("a text");
            prop_assert!(kept.encode_utf16().count() <= max);
            prop_assert!(kept == whole || kept.contains("https://o.example/alerts"), "{}", kept);
        }
    }
}
