//! Forecasts of synthetic hourly series, family by family, and of the daily medians of real cold starts.

#[path = "forecasts/families.rs"]
mod families;
#[path = "forecasts/random.rs"]
mod random;

use analyzers::detectors::regression::Panel;
use analyzers::forecast::season::{self, Step};
use analyzers::forecast::{LEVEL, forecast};

use families::{Family, HELD_OUT, TUNED};
use random::Random;

/// Series of each family: half with 700 hours of history, half with 960.
const SERIES: u64 = 60;
const HOURS: [usize; 2] = [700, 960];
const WEEK: usize = 168;
/// Series of these seeds were never looked at while anything was chosen.
const SEED: u64 = 7_000_000;
/// Real series are asked every so many days, for so many days ahead.
const DAYS_BETWEEN: usize = 97;
const DAYS_AHEAD: usize = 14;

/// What is added up over series.
#[derive(Default)]
struct Figures {
    series: f64,
    mase: f64,
    naive: f64,
    covered: f64,
    total: f64,
    last_season: f64,
    total_covered: f64,
}

impl Figures {
    /// Takes a series: its past, the season by which errors are scaled and totals are repeated, and what came.
    fn take(&mut self, past: &[f64], step: Step, scale_season: usize, long: usize, came: &[f64]) {
        let n = past.len();
        let seasons = season::of(past, Some(step), Some(scale_season));
        let Ok(forecast) = forecast(past, &seasons, came.len(), None) else {
            return;
        };
        let count = came.len() as f64;
        let apart = past
            .windows(scale_season + 1)
            .map(|w| (w[scale_season] - w[0]).abs());
        let scale = apart.sum::<f64>() / (n - scale_season) as f64;
        let missed = |said: &dyn Fn(usize) -> f64| -> f64 {
            let errors = came.iter().enumerate().map(|(h, c)| (said(h) - c).abs());
            errors.sum::<f64>() / count / scale
        };
        let again = |season: usize| move |h: usize| past[n - season + h % season];
        if scale <= 0.0 {
            return;
        }
        self.series += 1.0;
        self.mase += missed(&|h| forecast.mean[h]);
        self.naive += missed(&again(scale_season));
        let inside = |h: &usize| (forecast.low[*h]..=forecast.high[*h]).contains(&came[*h]);
        self.covered += (0..came.len()).filter(inside).count() as f64 / count;
        let sum: f64 = came.iter().sum();
        let total = forecast.total(0..came.len(), LEVEL);
        self.total += ((total.mean - sum) / sum).abs();
        self.last_season += ((0..came.len()).map(again(long)).sum::<f64>() / sum - 1.0).abs();
        self.total_covered += f64::from(u8::from((total.low..=total.high).contains(&sum)));
    }

    fn add(&mut self, other: &Self) {
        self.series += other.series;
        self.mase += other.mase;
        self.naive += other.naive;
        self.covered += other.covered;
        self.total += other.total;
        self.last_season += other.last_season;
        self.total_covered += other.total_covered;
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / self.series.max(1.0)
    }
}

/// Prints the tables.
#[allow(clippy::print_stdout)]
pub fn evaluate() {
    println!(
        "\nforecasts of synthetic hourly series, {SERIES} of each family \
         (MASE and 95 % intervals over 48 hours, totals over a week)"
    );
    println!(
        "| family | MASE | naive | 95 % hold | week total off | last week's | 95 % of totals hold |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, set) in [("tuned on", &TUNED[..]), ("held out", &HELD_OUT[..])] {
        let (mut days, mut weeks) = (Figures::default(), Figures::default());
        for (i, family) in set.iter().enumerate() {
            let (day, week) = judge(family, SEED + 1_000 * i as u64);
            row(family.0, &day, &week);
            days.add(&day);
            weeks.add(&week);
        }
        row(&format!("all {name}"), &days, &weeks);
    }
}

#[allow(clippy::print_stdout)]
fn row(name: &str, days: &Figures, weeks: &Figures) {
    println!(
        "| {name} | {:.3} | {:.3} | {:.1} % | {:.1} % | {:.1} % | {:.0} % |",
        days.mean(days.mase),
        days.mean(days.naive),
        100.0 * days.mean(days.covered),
        100.0 * weeks.mean(weeks.total),
        100.0 * weeks.mean(weeks.last_season),
        100.0 * weeks.mean(weeks.total_covered),
    );
}

/// Over 48 hours, and over a week.
fn judge(family: &Family, seed: u64) -> (Figures, Figures) {
    let (mut days, mut weeks) = (Figures::default(), Figures::default());
    for i in 0..SERIES {
        let hours = HOURS[i as usize % 2];
        let all = family.1(&mut Random::new(seed + i), hours + WEEK);
        let (past, came) = all.split_at(hours);
        let hour = Step::Seconds(3_600);
        days.take(past, hour, 24, WEEK, &came[..48]);
        weeks.take(past, hour, 24, WEEK, came);
    }
    (days, weeks)
}

/// Daily medians of real cold starts: short of seasons, full of shifts and incidents.
#[allow(clippy::print_stdout)]
pub fn evaluate_real(panel: &Panel) {
    let mut figures = Figures::default();
    for series in 0..panel.len() {
        let days: Vec<f64> = panel
            .days(series)
            .iter()
            .map(|day| day.level.exp())
            .collect();
        for end in (60..days.len().saturating_sub(DAYS_AHEAD)).step_by(DAYS_BETWEEN) {
            let came = &days[end..end + DAYS_AHEAD];
            figures.take(&days[..end], Step::Seconds(86_400), 7, 7, came);
        }
    }
    println!(
        "\nforecasts of daily medians of real cold starts, {DAYS_AHEAD} days ahead, {} of them: MASE {:.3} \
         (last week again {:.3}), 95 % intervals hold {:.1} %, sums are {:.1} % off (last week's {:.1} %), \
         95 % of sums hold {:.0} %",
        figures.series,
        figures.mean(figures.mase),
        figures.mean(figures.naive),
        100.0 * figures.mean(figures.covered),
        100.0 * figures.mean(figures.total),
        100.0 * figures.mean(figures.last_season),
        100.0 * figures.mean(figures.total_covered),
    );
}
