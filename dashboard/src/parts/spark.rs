//! Sparklines: the shape of something in the height of a line of text.

use std::collections::HashMap;

use store::read::functions::SparkRow;

use super::markup::{Svg, coordinate};

const HEIGHT: f64 = 22.0;

/// Traffic as a grey area with failures in front of it, one value per bucket; no data draws nothing.
#[must_use]
pub fn traffic(totals: &[u64], failures: &[u64], title: &str) -> Svg {
    let most = totals.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return Svg::new();
    }
    let y = |value: u64| HEIGHT - 1.0 - (value as f64 / most as f64) * (HEIGHT - 3.0);
    let mut svg = frame(totals.len(), title);
    let mut area = format!("M0 {HEIGHT}");
    for (i, value) in totals.iter().enumerate() {
        // Steps, not slopes: a bucket is a bucket.
        area.push_str(&format!("V{}H{}", coordinate(y(*value)), i + 1));
    }
    area.push_str(&format!("V{HEIGHT}z"));
    svg.tag("path", &[("class", "s-all"), ("d", &area)]);
    let mut bad = String::new();
    for (i, value) in failures.iter().enumerate().filter(|(_, value)| **value > 0) {
        let top = y(*value).min(HEIGHT - 3.0);
        bad.push_str(&format!("M{i} {HEIGHT}V{}h1V{HEIGHT}z", coordinate(top)));
    }
    if !bad.is_empty() {
        svg.tag("path", &[("class", "s-bad"), ("d", &bad)]);
    }
    svg.close("svg");
    svg
}

/// A sparkline of traffic for each function that has rows.
#[must_use]
pub fn by_function(rows: &[SparkRow], buckets: &[u32]) -> HashMap<String, Svg> {
    let index: HashMap<u32, usize> = buckets.iter().enumerate().map(|(i, b)| (*b, i)).collect();
    let mut totals: HashMap<&str, (Vec<u64>, Vec<u64>)> = HashMap::new();
    for row in rows {
        let Some(i) = index.get(&row.bucket_s) else {
            continue;
        };
        let none = || (vec![0; buckets.len()], vec![0; buckets.len()]);
        let (all, bad) = totals.entry(&row.function_id).or_insert_with(none);
        all[*i] += row.invocations;
        bad[*i] += row.errors;
    }
    let draw = |(id, (all, bad)): (&str, (Vec<u64>, Vec<u64>))| {
        (
            id.to_owned(),
            traffic(&all, &bad, "invocations over time, errors marked"),
        )
    };
    totals.into_iter().map(draw).collect()
}

/// A line with gaps, from the least value to the greatest; a single value is a dot.
#[must_use]
pub fn line(values: &[Option<f64>], title: &str) -> Svg {
    let known = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = known().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return Svg::new();
    }
    // A flat line lies in the middle.
    let spread = if high > low { high - low } else { 1.0 };
    let base = if high > low { low } else { low - 0.5 };
    let mut svg = frame(values.len(), title);
    let mut path = String::new();
    let mut pen_down = false;
    for (i, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|v| v.is_finite()) else {
            pen_down = false;
            continue;
        };
        let y = HEIGHT - 3.0 - (value - base) / spread * (HEIGHT - 6.0);
        let x = i as f64 + 0.5;
        path.push_str(&format!(
            "{}{x} {}",
            if pen_down { 'L' } else { 'M' },
            coordinate(y)
        ));
        if !pen_down {
            path.push_str("h0");
        }
        pen_down = true;
    }
    svg.tag("path", &[("class", "s-line"), ("d", &path)]);
    svg.close("svg");
    svg
}

fn frame(buckets: usize, title: &str) -> Svg {
    let mut svg = Svg::new();
    svg.open(
        "svg",
        &[
            ("class", "spark"),
            ("viewBox", &format!("0 0 {buckets} {HEIGHT}")),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("aria-label", title),
        ],
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_traffic_draws_nothing() {
        assert!(traffic(&[], &[], "").is_empty());
        assert!(traffic(&[0, 0], &[0, 0], "").is_empty());
        assert!(line(&[None, Some(f64::NAN)], "").is_empty());
    }

    #[test]
    fn one_failure_among_many_is_seen() {
        let svg = traffic(&[1000, 1000], &[0, 1], "<x>");
        assert!(
            svg.as_str().contains("s-bad") && svg.as_str().contains("V19h1"),
            "{svg:?}"
        );
        assert!(svg.as_str().contains("&lt;x&gt;"));
    }

    #[test]
    fn a_line_breaks_at_gaps_and_a_flat_one_is_in_the_middle() {
        let svg = line(&[Some(1.0), None, Some(1.0), Some(1.0)], "t");
        assert!(
            svg.as_str().contains("M0.5 11h0M2.5 11h0L3.5 11"),
            "{svg:?}"
        );
    }
}
