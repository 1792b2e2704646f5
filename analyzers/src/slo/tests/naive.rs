//! A second reckoning: for each minute all events of each window are added up again, in big integers, and
//! divided at the end.

use bigdecimal::num_bigint::BigInt;
use proptest::prelude::*;

use super::super::evaluate::BURN_WINDOWS;
use super::*;

/// An exact fraction of its own.
#[derive(Clone, Debug)]
struct Big(BigInt, BigInt);

impl Big {
    fn whole(n: i64) -> Self {
        Self(n.into(), 1.into())
    }

    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 * &other.1 + &other.0 * &self.1, &self.1 * &other.1)
    }

    /// Shares of slices are rounded at their 26th digit; all else is equal, not close.
    fn is(&self, other: &Fraction, method: Method) -> bool {
        let text = |n: &BigInt| n.to_string().parse::<i128>().ok();
        match (text(&self.0), text(&self.1), method) {
            (Some(a), Some(b), Method::Occurrences | Method::Timeslices) => {
                Fraction::new(a, b) == *other
            }
            _ => (self.float() - other.to_f64()).abs() <= 1e-15 * self.float().abs().max(1.0),
        }
    }

    fn float(&self) -> f64 {
        let digits = BigInt::from(10).pow(25);
        let scaled: f64 = (&self.0 * digits / &self.1)
            .to_string()
            .parse()
            .unwrap_or(f64::NAN);
        scaled / 1e25
    }
}

#[derive(Clone, Copy, Debug)]
enum Method {
    Occurrences,
    Timeslices,
    RatioTimeslices,
}

const METHODS: &[Method] = &[
    Method::Occurrences,
    Method::Timeslices,
    Method::RatioTimeslices,
];

/// Long and short window in minutes, and the percent of the budget that is gone.
const PAIRS: [(i64, i64, i64); 4] = [(60, 5, 2), (360, 30, 5), (1440, 120, 10), (4320, 360, 10)];

/// The share that is missing among the minutes from `begin` to `end`, both included.
fn missing(method: Method, counts: &Counts, begin: i64, end: i64) -> Option<Big> {
    let (mut above, mut below) = (Big::whole(0), 0);
    for minute in begin.max(counts.first)..=end {
        let Events { good, total } = counts.minutes[usize::try_from(minute - counts.first).ok()?];
        let (good, total) = (i64::try_from(good).ok()?, i64::try_from(total).ok()?);
        if total == 0 {
            continue;
        }
        match method {
            Method::Occurrences => {
                above = above.plus(&Big::whole(total - good));
                below += total;
            }
            Method::Timeslices => {
                above = above.plus(&Big::whole(i64::from(good * 10 < total * 9)));
                below += 1;
            }
            Method::RatioTimeslices => {
                above = above.plus(&Big((total - good).into(), total.into()));
                below += 1;
            }
        }
    }
    (below > 0).then(|| Big(above.0, above.1 * below))
}

fn series() -> impl Strategy<Value = Counts> {
    let minute = prop_oneof![
        3 => Just((0, 0)),
        6 => (1_u64..60).prop_map(|total| (total, total)),
        3 => (0_u64..40, 0_u64..5).prop_map(|(good, bad)| (good, good + bad)),
    ];
    let minutes = proptest::collection::vec(minute, 1..60);
    (minutes, 29_000_000_i64..29_600_000).prop_map(|(minutes, first)| Counts {
        first,
        minutes: minutes
            .into_iter()
            .map(|(good, total)| Events { good, total })
            .collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn every_figure_and_every_turn_of_an_alert_is_what_adding_up_again_says(
        counts in series(),
        method in proptest::sample::select(METHODS),
        hours in prop_oneof![Just(1_i64), Just(24), Just(720)],
        budget in prop_oneof![Just(("0.999", 1000_i64)), Just(("0.75", 4)), Just(("0.98", 50))],
    ) {
        let slices = match method {
            Method::Occurrences => "",
            _ => ", timeSliceWindow: 1m, timeSliceTarget: 0.9",
        };
        let window = format!("{{duration: {hours}h, isRolling: true}}");
        let objective = format!("[{{target: {}{slices}}}]", budget.0);
        let plan = plan(&window, &format!("{method:?}"), &objective, "");
        let mut firing = [false; 4];
        for line in Evaluation::new(&plan, vec![counts.clone()], 1) {
            let over = |minutes: i64| missing(method, &counts, line.minute + 1 - minutes, line.minute);
            let burn = |minutes: i64| over(minutes).map(|m| Big(m.0 * budget.1, m.1));
            let same = |big: Option<Big>, own: &Option<Fraction>| match (big, own) {
                (None, None) => true,
                (Some(big), Some(own)) => big.is(own, method),
                _ => false,
            };
            prop_assert!(same(over(hours * 60).map(|m| Big(&m.1 - m.0, m.1)), &line.sli), "{line:?}");
            prop_assert!(same(burn(hours * 60).map(|b| Big(&b.1 - b.0, b.1)), &line.budget_remaining), "{line:?}");
            for ((_, minutes), own) in BURN_WINDOWS.iter().zip(&line.burn) {
                prop_assert!(same(burn(*minutes), own), "{minutes}: {line:?}");
            }
            for (n, (long, short, percent)) in PAIRS.iter().enumerate() {
                if let (Some(a), Some(b)) = (burn(*long), burn(*short)) {
                    // burn > percent / 100 × period / long
                    let above = |b: &Big| &b.0 * 100 * *long > &b.1 * *percent * hours * 60;
                    firing[n] = above(&a) && above(&b);
                }
                prop_assert_eq!(firing[n], line.alerts[n].0, "{} at {}", n, line.minute);
            }
        }
    }
}
