//! Whatever the rows, nothing panics.

use proptest::prelude::*;

use super::Scene;
use crate::detectors::news::{Gauge, Measure, Minute};

fn any_minute() -> impl Strategy<Value = [u32; 12]> {
    prop::array::uniform12(prop_oneof![
        Just(0_u32),
        1..50_u32,
        Just(u32::MAX),
        any::<u32>()
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_rows_nothing_panics_and_every_figure_is_a_number(
        rows in prop::collection::vec(
            (any_minute(), prop::num::f64::ANY, prop::num::f32::ANY, 0_u32..90),
            1..80,
        )
    ) {
        let mut scene = Scene::new();
        for (n, sum, p50, gap) in rows {
            let resource = scene.names.version(["", "orders", "x-dlq"][n[0] as usize % 3]);
            let measures = [Measure::IteratorAge, Measure::OldestAge, Measure::Waiting, Measure::DeadWaiting,
                Measure::DeadLettered, Measure::Throttled];
            let function = (n[1] % 2 == 0).then_some(scene.function);
            let measure = measures[n[2] as usize % 6];
            scene.gauges.push(Gauge { measure, resource, function, value: sum, minute_s: n[3] });
            let row = Minute {
                invocations: n[0], errors: n[1], timeouts: n[2], out_of_memory: n[3], throttles: n[4],
                cold_starts: n[5], cold_start_known: n[6], duration_count: n[7], memory_size_mb: n[8],
                memory_used_mb_max: n[9], duration_ms_sum: sum, duration_ms_p50: p50, duration_ms_p95: p50,
                duration_ms_max: p50, ..scene.row()
            };
            for _ in 0..gap {
                scene.minute(None);
            }
            scene.hour = None;
            for signal in scene.minute(Some(row)) {
                let figures = [signal.relative, signal.before, signal.after, signal.ms_per_month];
                prop_assert!(figures.iter().flatten().all(|f| f.is_finite()), "{signal:?}");
                prop_assert!(!signal.sentence.contains("NaN") && !signal.sentence.contains("inf "), "{}", signal.sentence);
            }
        }
    }
}
