//! Networks as they are: some requests come hours late, some twice, all in another order.

use std::collections::BTreeMap;

use crate::otlp::batch::Request;
use crate::random::{Random, hash_text};
use crate::time::{HOUR, Ns};

/// Longest a late request is held back, in simulated time.
const LATE_MAX: Ns = 12 * HOUR;

/// Holds requests back, repeats them and changes their order; deterministic by its seed.
pub struct Disorder {
    late: f64,
    twice: f64,
    random: Random,
    held: BTreeMap<(Ns, u64), Request>,
    count: u64,
}

impl Disorder {
    /// Of two shares, 0 to 1: those that come late, and those that come a second time. With both 0 everything
    /// passes as it is.
    pub fn new(seed: u64, late: f64, twice: f64) -> Self {
        Self {
            late,
            twice,
            random: Random::named(seed, hash_text("network"), "disorder", 0),
            held: BTreeMap::new(),
            count: 0,
        }
    }

    /// What arrives by `now` of what was sent: `requests`, and what was held back before. [`Ns::MAX`] lets
    /// everything go.
    pub fn pass(&mut self, requests: Vec<Request>, now: Ns) -> Vec<Request> {
        if self.late == 0.0 && self.twice == 0.0 {
            return requests;
        }
        for request in requests {
            if self.random.chance(self.twice) {
                self.hold(request.clone(), now);
            }
            let late = self.random.chance(self.late);
            self.hold(request, if late { now } else { 0 });
        }
        let later = self.held.split_off(&(now.saturating_add(1), 0));
        let mut out: Vec<Request> = std::mem::replace(&mut self.held, later)
            .into_values()
            .collect();
        for last in (1..out.len()).rev() {
            let other = self.random.below(last as u64 + 1) as usize;
            out.swap(last, other);
        }
        out
    }

    /// Holds a request back for some time after `at`; 0 lets it go at once.
    fn hold(&mut self, request: Request, at: Ns) {
        self.count += 1;
        let wait = self.random.below(LATE_MAX);
        let due = if at == 0 { 0 } else { at.saturating_add(wait) };
        self.held.insert((due, self.count), request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Encoding;
    use crate::otlp::batch::{Body, Counts};

    fn request(name: &str) -> Request {
        let mut body =
            opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest::default();
        body.resource_spans.push(Default::default());
        body.resource_spans[0].schema_url = name.to_owned();
        Request {
            encoding: Encoding::Grpc,
            body: Body::Traces(body),
            counts: [Counts::default(); crate::function::Platform::ALL.len()],
        }
    }

    #[test]
    fn all_arrive_in_the_end_and_some_late_twice_and_in_another_order() {
        let sent: Vec<Request> = (0..400).map(|n| request(&format!("{n:03}"))).collect();
        let mut network = Disorder::new(7, 0.25, 0.1);
        let at_once = network.pass(sent.clone(), HOUR);
        let later = network.pass(Vec::new(), Ns::MAX);
        assert!((250..350).contains(&at_once.len()), "{}", at_once.len());
        let all: Vec<Request> = at_once.iter().chain(&later).cloned().collect();
        assert!((415..470).contains(&all.len()), "{}", all.len());
        assert!(sent.iter().all(|request| all.contains(request)));
        assert!(
            at_once
                .windows(2)
                .any(|pair| pair[0].protobuf() > pair[1].protobuf())
        );
        let mut tidy = Disorder::new(7, 0.0, 0.0);
        assert_eq!(tidy.pass(sent.clone(), HOUR), sent);
    }
}
