//! A badge to embed: the name, what is left of the budget, and how things stand.

use super::{ask, fine, one};
use crate::parts::markup::Svg;
use crate::web::frame::Tone;
use crate::web::{Context, PageError, Reply};

/// Width of a character, px.
const CHARACTER: usize = 7;

/// `GET /slos/{name}/badge.svg`: of the group that stands worst.
pub(crate) async fn page(ctx: &Context) -> Result<Reply, PageError> {
    let name = one::name_in(&ctx.path)?;
    let known = ask::known(ctx, Some(&name)).await?;
    one::exists(&known, &name)?;
    let (text, colour) = match known.rows.first() {
        None => ("no data".to_owned(), "#777"),
        Some(row) => {
            let left = row.line.budget_remaining.as_ref();
            let left = left.map_or(String::new(), |left| {
                format!(" {} left", fine(left.to_f64()))
            });
            let colour = match super::tone(row.health()) {
                Tone::Bad => "#b3261e",
                Tone::Warn => "#8a5a00",
                Tone::Good => "#1d6f42",
                Tone::Quiet => "#777",
            };
            (format!("{}{left}", row.health().as_str()), colour)
        }
    };
    Ok(Reply::Drawing(badge(&name, &text, colour)))
}

fn badge(name: &str, text: &str, colour: &str) -> Svg {
    let width = |text: &str| text.chars().count() * CHARACTER + 12;
    let (left, right) = (width(name), width(text));
    let (all, left_text, right_text) = (
        (left + right).to_string(),
        left.to_string(),
        right.to_string(),
    );
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", &all),
            ("height", "20"),
            ("role", "img"),
            ("aria-label", &format!("{name}: {text}")),
        ],
    );
    svg.tag(
        "rect",
        &[
            ("width", &all),
            ("height", "20"),
            ("rx", "3"),
            ("fill", "#444"),
        ],
    );
    svg.tag(
        "rect",
        &[
            ("x", &left_text),
            ("width", &right_text),
            ("height", "20"),
            ("rx", "3"),
            ("fill", colour),
        ],
    );
    let word = |svg: &mut Svg, x: usize, text: &str| {
        svg.element(
            "text",
            &[
                ("x", &x.to_string()),
                ("y", "14"),
                ("fill", "#fff"),
                ("font-family", "Verdana, sans-serif"),
                ("font-size", "11"),
            ],
            text,
        );
    };
    word(&mut svg, 6, name);
    word(&mut svg, left + 6, text);
    svg.close("svg");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_one_drawing_in_which_names_are_text() {
        let drawn = badge("a<b>", "healthy", "#1d6f42");
        let svg = drawn.as_str();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        assert!(svg.contains("a&lt;b&gt;") && !svg.contains("<b>"), "{svg}");
    }
}
