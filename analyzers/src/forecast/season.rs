//! Which seasons a series has: those that its step suggests, as far as its values repeat with them.

use super::history::is_known;

/// The distance from one value to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many seconds.
    Seconds(i64),
    /// So many calendar months.
    Months(i64),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// Values a season apart must differ by less than this part of what values at other distances differ by.
/// Noise alone gives about 1; taking a season for one that is none costs less than missing one.
const CLOSER: f64 = 0.97;
/// A season must fit into the history this often to be believed.
const TIMES_MIN: usize = 2;
/// A shorter season than this is told from noise by nothing.
const SEASON_MIN: usize = 4;

/// The seasons of `values`, ascending, at most two. A `given` one is taken as it is; where it is the day of
/// the step, the week is looked for beside it.
#[must_use]
pub fn of(values: &[f64], step: Option<Step>, given: Option<usize>) -> Vec<usize> {
    let suggested = step.map_or_else(Vec::new, suggested);
    let mut seasons: Vec<usize> = given.into_iter().filter(|s| *s > 1).collect();
    if given.is_none() {
        let begin = suggested.iter().position(|s| repeats(values, *s, None));
        seasons.extend(begin.map(|i| suggested[i]));
    }
    let Some(short) = seasons.first().copied() else {
        return seasons;
    };
    let longer = (suggested.iter())
        .find(|s| **s > short && **s % short == 0 && repeats(values, **s, Some(short)));
    seasons.extend(longer);
    seasons
}

/// What usually repeats at a step, in steps.
fn suggested(step: Step) -> Vec<usize> {
    let whole = |period: i64, seconds: i64| {
        let fits = seconds > 0 && period % seconds == 0 && period / seconds >= SEASON_MIN as i64;
        fits.then(|| usize::try_from(period / seconds).unwrap_or(usize::MAX))
    };
    match step {
        Step::Seconds(WEEK) => vec![52],
        Step::Seconds(seconds) => {
            let periods = [MINUTE, HOUR, DAY, WEEK];
            periods.iter().filter_map(|p| whole(*p, seconds)).collect()
        }
        Step::Months(months) => whole(12, months).into_iter().collect(),
    }
}

/// Whether values `season` apart are closer than values a little less and a little more apart, half and
/// third seasons or, where a `short` season is known, one of these. Both sides, so that a trend, which drives
/// values apart the further they lie, weighs on neither.
fn repeats(values: &[f64], season: usize, short: Option<usize>) -> bool {
    if season < SEASON_MIN || values.len() < TIMES_MIN * season {
        return false;
    }
    let others: Vec<usize> = match short {
        Some(short) => vec![season - short, season + short],
        None => vec![season / 2, season * 2 / 3, season * 4 / 3, season * 3 / 2],
    };
    let usual: f64 = others.iter().map(|lag| apart(values, *lag)).sum();
    apart(values, season) < CLOSER * usual / others.len() as f64
}

/// By how much values at a distance differ, in the mean; 0 where none are known.
fn apart(values: &[f64], lag: usize) -> f64 {
    let pairs = values.iter().zip(&values[lag.min(values.len())..]);
    let (mut sum, mut count) = (0.0, 0.0);
    for (a, b) in pairs.filter(|(a, b)| is_known(**a) && is_known(**b)) {
        sum += (a - b).abs();
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeating with a day and a week, and a little noise that is none.
    fn hours(n: usize, day: f64, week: f64) -> Vec<f64> {
        (0..n)
            .map(|t| {
                let weekend = if t / 24 % 7 >= 5 { week } else { 0.0 };
                let wobble = (t * 7919 % 101) as f64 / 101.0;
                10.0 + day * (t as f64 * std::f64::consts::TAU / 24.0).sin() - weekend + wobble
            })
            .collect()
    }

    #[test]
    fn the_step_suggests_and_the_values_decide() {
        let hour = Some(Step::Seconds(HOUR));
        for (values, step, given, expected) in [
            (hours(700, 5.0, 4.0), hour, None, vec![24, 168]),
            (hours(700, 5.0, 0.0), hour, None, vec![24]),
            (hours(700, 5.0, 0.0), hour, Some(24), vec![24]),
            (hours(700, 5.0, 4.0), hour, Some(24), vec![24, 168]),
            (hours(700, 0.0, 0.0), hour, None, vec![]),
            (hours(700, 0.0, 0.0), hour, Some(24), vec![24]),
            (hours(100, 5.0, 4.0), hour, None, vec![24]),
            (hours(700, 5.0, 0.0), None, None, vec![]),
            (hours(700, 5.0, 0.0), hour, Some(1), vec![]),
        ] {
            assert_eq!(of(&values, step, given), expected, "{step:?} {given:?}");
        }
    }

    #[test]
    fn every_step_has_its_own_seasons() {
        for (step, expected) in [
            (Step::Seconds(MINUTE), vec![60, 1_440, 10_080]),
            (Step::Seconds(900), vec![4, 96, 672]),
            (Step::Seconds(DAY), vec![7]),
            (Step::Seconds(WEEK), vec![52]),
            (Step::Months(1), vec![12]),
            (Step::Months(3), vec![4]),
            (Step::Seconds(11), vec![]),
        ] {
            assert_eq!(suggested(step), expected, "{step:?}");
        }
    }
}
