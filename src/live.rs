//! The collector's counters as the dashboard wants to see them: the two do not know each other.

use collector::{Collector, Signal, SignalSnapshot};
use dashboard::{Live, LiveSignal};
use store::model::UnixNano;

/// What asks this collector how it stands.
pub fn of(collector: &Collector, config: &collector::Config) -> impl Fn(UnixNano) -> Live + use<> {
    let counters = collector.counters();
    let instance = collector.instance().clone();
    let (batch_delay_ms, interval_ms) =
        (config.batch.max_delay_ms, config.self_metrics_interval_ms);
    move |now| {
        let snapshot = counters.snapshot();
        let signals = snapshot.signals().map(|(_, of)| live_signal(of, now));
        let strays = snapshot.strays.iter().map(|refused| (None, refused));
        let of_signals = snapshot.signals();
        let known = of_signals.iter().flat_map(|(signal, of)| {
            of.refused
                .iter()
                .map(move |refused| (Some(*signal), refused))
        });
        let refused = known
            .chain(strays)
            .map(|(signal, (reason, count))| {
                let signal = signal.map_or("", Signal::as_str);
                (signal.to_owned(), reason.as_str().to_owned(), *count)
            })
            .collect();
        Live {
            instance: instance.id.clone(),
            started_ms: instance.started.as_millis(),
            batch_delay_ms,
            interval_ms,
            signals,
            refused,
        }
    }
}

fn live_signal(of: &SignalSnapshot, now: UnixNano) -> LiveSignal {
    LiveSignal {
        items_accepted: of.items_accepted,
        items_rejected: of.items_rejected,
        items_shipped: of.items_shipped,
        decompressed_bytes: of.bytes_decompressed,
        dead_letters: of.dead_letters,
        waiting_requests: of.waiting.requests,
        waiting_bytes: of.waiting.bytes,
        lag_ms: of.lag_ms(now),
        delay_ms: of.waiting.last_delay_ms,
        last_stored_ms: of.waiting.last_stored.map(UnixNano::as_millis),
        spool_bytes: of.spool_bytes,
        spool_limit_bytes: of.spool_limit_bytes,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_reason_for_a_refusal_is_explained_on_the_page() {
        for reason in collector::Reason::ALL {
            assert!(dashboard::explains_refusal(reason.as_str()), "{reason:?}");
        }
        assert!(!dashboard::explains_refusal("no such reason"));
    }
}
