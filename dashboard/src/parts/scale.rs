//! Where a value lies on an axis, and which values are worth a label.

use crate::format::{self, Clock};
use store::read::Window;

/// How values of an axis are spaced and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Plain counts.
    Count,
    /// Milliseconds.
    Millis,
    /// A metric's own unit, UCUM.
    Unit(String),
    /// Dollars.
    Money,
}

impl Measure {
    /// The value as text.
    #[must_use]
    pub fn write(&self, value: f64) -> String {
        match self {
            Self::Count => format::number(value),
            Self::Millis => format::duration_ms(value),
            Self::Unit(unit) => format::with_unit(value, unit),
            Self::Money => format::money(format::dollars(value)),
        }
    }

    /// The value as a label of an axis, whose values are round.
    #[must_use]
    pub fn label(&self, value: f64) -> String {
        let text = self.write(value);
        text.strip_suffix(".00").unwrap_or(&text).to_owned()
    }

    /// How many ms (or bytes) one unit is, and what the round numbers are there.
    fn rounds(&self) -> (f64, Rounds) {
        match self {
            Self::Count | Self::Money => (1.0, Rounds::Decimal),
            Self::Millis => (1.0, Rounds::Time),
            Self::Unit(unit) => match unit.as_str() {
                "s" => (1e3, Rounds::Time),
                "ms" => (1.0, Rounds::Time),
                "us" => (1e-3, Rounds::Time),
                "ns" => (1e-6, Rounds::Time),
                "By" => (1.0, Rounds::Binary),
                "KiBy" => (1024.0, Rounds::Binary),
                "MiBy" => (1_048_576.0, Rounds::Binary),
                _ => (1.0, Rounds::Decimal),
            },
        }
    }
}

enum Rounds {
    Decimal,
    Time,
    Binary,
}

/// Labels from `low` (at most 0, or the least value) to a round number not below `high`, at most
/// `most` steps. Never empty; the first is the axis' start, the last its end.
#[must_use]
pub fn ticks(low: f64, high: f64, most: usize, measure: &Measure) -> Vec<f64> {
    let low = if low.is_finite() { low.min(0.0) } else { 0.0 };
    let high = if high.is_finite() && high > low {
        high
    } else {
        low + 1.0
    };
    let (scale, rounds) = measure.rounds();
    let least = (high - low) / most.max(1) as f64 * scale;
    let mut step = match rounds {
        Rounds::Decimal => decimal_step(least),
        Rounds::Binary => binary_step(least),
        Rounds::Time => time_step(least),
    } / scale;
    if *measure == Measure::Count {
        step = step.max(1.0);
    }
    let first = (low / step).floor();
    let last = (high / step).ceil().max(first + 1.0);
    (0..=(last - first) as usize)
        .map(|i| (first + i as f64) * step)
        .collect()
}

/// The least of 1, 2, 5 times a power of ten that is not below `least`.
fn decimal_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|s| *s >= least * 0.999)
        .unwrap_or(power * 10.0)
}

fn binary_step(least: f64) -> f64 {
    2_f64.powf(least.max(1.0).log2().ceil())
}

/// Round times: decimal below half a minute, then parts of minutes, hours and days.
fn time_step(least_ms: f64) -> f64 {
    const LONG_S: [f64; 14] = [
        30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 21_600.0,
        43_200.0, 86_400.0, 172_800.0,
    ];
    if least_ms <= 20_000.0 {
        return decimal_step(least_ms);
    }
    LONG_S
        .into_iter()
        .map(|s| s * 1e3)
        .find(|s| *s >= least_ms)
        .unwrap_or_else(|| decimal_step(least_ms / 86_400e3) * 86_400e3)
}

/// The time axis that all charts of a page share.
#[derive(Clone, Debug)]
pub struct TimeAxis {
    window: Window,
    clock: Clock,
}

impl TimeAxis {
    /// The axis of this window, labelled in this zone.
    #[must_use]
    pub fn new(window: Window, clock: Clock) -> Self {
        Self { window, clock }
    }

    /// Writes instants in the axis' zone.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where an instant lies, per cent of the width; outside the window below 0 or above 100.
    #[must_use]
    pub fn percent_ms(&self, ms: f64) -> f64 {
        let from = self.window.from.0 as f64 / 1e6;
        let to = self.window.to.0 as f64 / 1e6;
        if to <= from {
            0.0
        } else {
            (ms - from) / (to - from) * 100.0
        }
    }

    /// Where an instant lies, kept inside the axis.
    #[must_use]
    pub fn clamped_ms(&self, ms: f64) -> f64 {
        self.percent_ms(ms).clamp(0.0, 100.0)
    }

    /// At most eight instants worth a label: per cent of the width, and the text.
    #[must_use]
    pub fn labels(&self) -> Vec<(f64, String)> {
        const STEPS: [i64; 22] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600,
            43_200, 86_400, 172_800, 604_800, 1_209_600, 5_184_000,
        ];
        let (from, to) = (self.window.from.as_secs(), self.window.to.as_secs());
        let length = (to - from).max(1);
        let step = STEPS
            .into_iter()
            .find(|s| length / s <= 7)
            .unwrap_or(5_184_000);
        // Midnight and full hours of the viewer's zone, not of UTC.
        let offset = i64::from(self.offset_s(from));
        let first = (from + offset).div_euclid(step) + 1;
        (first..)
            .map(|i| i * step - offset)
            .take_while(|s| *s < to)
            .take(9)
            .map(|s| (self.percent_ms(s as f64 * 1e3), self.label(s, step, offset)))
            .collect()
    }

    fn label(&self, second: i64, step: i64, offset: i64) -> String {
        let midnight = (second + offset).rem_euclid(86_400) == 0;
        if step < 60 {
            self.clock.second(second * 1000)
        } else if step >= 86_400 || midnight {
            self.clock.day(second * 1000)
        } else {
            self.clock.minute(second * 1000)
        }
    }

    fn offset_s(&self, second: i64) -> i32 {
        jiff::Timestamp::from_second(second).map_or(0, |t| self.clock.zone().to_offset(t).seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::model::UnixNano;

    #[test]
    fn ticks_are_round_cover_the_values_and_are_few() {
        let cases = [
            (0.0, Measure::Count, vec![0.0, 1.0]),
            (3.0, Measure::Count, vec![0.0, 1.0, 2.0, 3.0]),
            (97.0, Measure::Count, vec![0.0, 50.0, 100.0]),
            (
                340.0,
                Measure::Millis,
                vec![0.0, 100.0, 200.0, 300.0, 400.0],
            ),
            (
                95_000.0,
                Measure::Millis,
                vec![0.0, 30_000.0, 60_000.0, 90_000.0, 120_000.0],
            ),
            (0.3, Measure::Unit("s".into()), vec![0.0, 0.1, 0.2, 0.3]),
            (
                3_000.0,
                Measure::Unit("By".into()),
                vec![0.0, 1024.0, 2048.0, 3072.0],
            ),
        ];
        for (high, measure, want) in cases {
            let got = ticks(0.0, high, 4, &measure);
            assert_eq!(got.len(), want.len(), "{high} {measure:?}: {got:?}");
            assert!(
                got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-9),
                "{got:?}"
            );
        }
    }

    #[test]
    fn hostile_values_still_give_an_axis() {
        for high in [f64::NAN, f64::INFINITY, f64::MAX, 1e-300, -5.0] {
            let got = ticks(0.0, high, 4, &Measure::Millis);
            assert!((2..=7).contains(&got.len()), "{high}: {got:?}");
        }
        assert_eq!(ticks(-30.0, 40.0, 4, &Measure::Count).first(), Some(&-40.0));
    }

    fn axis(from_s: i64, to_s: i64, zone: &str) -> TimeAxis {
        let window = Window {
            from: UnixNano::from_secs(from_s),
            to: UnixNano::from_secs(to_s),
        };
        TimeAxis::new(window, Clock::named(zone).unwrap_or_else(Clock::utc))
    }

    #[test]
    fn labels_stand_at_round_instants_of_the_viewers_zone() {
        // 2026-11-23T09:25:09Z, three hours.
        let labels = axis(1_795_425_909, 1_795_436_709, "UTC").labels();
        let texts: Vec<&str> = labels.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            ["09:30", "10:00", "10:30", "11:00", "11:30", "12:00"]
        );
        assert!((labels[0].0 - 2.694).abs() < 0.01);
        // Two days in India, half an hour off full hours.
        let labels = axis(1_795_263_909, 1_795_436_709, "Asia/Kolkata").labels();
        assert_eq!(labels[0].1, "22 Nov");
        assert_eq!(labels[1].1, "12:00");
    }

    #[test]
    fn labels_are_few_for_every_range() {
        for length in [60, 300, 3_600, 86_400, 2_592_000, 31_622_400] {
            let labels = axis(1_700_000_000, 1_700_000_000 + length, "UTC").labels();
            assert!(labels.len() <= 9, "{length}: {}", labels.len());
        }
        assert!(axis(5, 5, "UTC").labels().is_empty());
    }
}
