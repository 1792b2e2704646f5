//! The collector's counters as the dashboard wants to see them: the two do not know each other.

use collector::normalise::Kind;
use collector::{Collector, KeySnapshot, Signal, SignalSnapshot};
use dashboard::{Live, LiveKey, LiveOverflow, LiveSignal};
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
            keys: snapshot.keys.iter().map(live_key).collect(),
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

fn live_key(of: &KeySnapshot) -> LiveKey {
    let overflow = |(signal, kind, items): &(Signal, Kind, u64)| {
        // One example of a kind is kept, whichever signal was first in its hour.
        let example = of.overflow_examples.iter().find(|e| e.kind == *kind);
        LiveOverflow {
            signal: signal.as_str().to_owned(),
            kind: kind.as_str().to_owned(),
            items: *items,
            example: example.map_or_else(String::new, |example| example.of.clone()),
            example_ms: example.map(|example| example.at.as_millis()),
        }
    };
    LiveKey {
        name: of.name.clone(),
        items_accepted: of.items_accepted.map(|(_, items)| items),
        requests_refused: of.refused.iter().map(|(.., count)| count).sum(),
        overflowed: of.overflowed.iter().map(overflow).collect(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_limit_of_cardinality_is_explained_on_the_page() {
        for kind in collector::normalise::Kind::ALL {
            assert!(dashboard::explains_limit(kind.as_str()), "{kind:?}");
        }
        assert!(!dashboard::explains_limit("no such limit"));
    }

    #[test]
    fn every_reason_for_a_refusal_is_explained_on_the_page() {
        for reason in collector::Reason::ALL {
            assert!(dashboard::explains_refusal(reason.as_str()), "{reason:?}");
        }
        assert!(!dashboard::explains_refusal("no such reason"));
    }
}
