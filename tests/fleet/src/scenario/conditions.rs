//! What an incident makes of a function, at a moment.

use crate::release::Release;
use crate::time::{HOUR, Ns};

/// What is different at a moment; several incidents multiply and add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// Factor on arrivals.
    pub traffic: f64,
    /// Factor on cold starts.
    pub init: f64,
    /// Factor on the function's own time.
    pub duration: f64,
    /// Probability of an exception, on top.
    pub error_rate: f64,
    /// Probability of hanging until the timeout, on top.
    pub timeout_rate: f64,
    /// Probability of being killed for its memory, on top.
    pub oom_rate: f64,
    /// Probability that a request is turned away before it runs.
    pub throttle_rate: f64,
    /// MiB an instance keeps per invocation.
    pub leak_mb: f64,
    /// How much later messages and records are handed over, in s.
    pub lag_s: f64,
    /// How often a failed invocation is tried again by whoever called.
    pub retries: u32,
    /// Probability that an invocation starts a loop of messages.
    pub loop_rate: f64,
    /// Turns after which such a loop ends; 0: there are none.
    pub loop_turns: u32,
    /// Whether the function serves nobody.
    pub stopped: bool,
}

impl Conditions {
    /// Nothing is different.
    pub const USUAL: Self = Self {
        traffic: 1.0,
        init: 1.0,
        duration: 1.0,
        error_rate: 0.0,
        timeout_rate: 0.0,
        oom_rate: 0.0,
        throttle_rate: 0.0,
        leak_mb: 0.0,
        lag_s: 0.0,
        retries: 0,
        loop_rate: 0.0,
        loop_turns: 0,
        stopped: false,
    };

    /// Both at once.
    pub fn and(&mut self, other: &Self) {
        self.traffic *= other.traffic;
        self.init *= other.init;
        self.duration *= other.duration;
        self.error_rate += other.error_rate;
        self.timeout_rate += other.timeout_rate;
        self.oom_rate += other.oom_rate;
        self.throttle_rate += other.throttle_rate;
        self.leak_mb += other.leak_mb;
        self.lag_s += other.lag_s;
        self.retries = self.retries.max(other.retries);
        self.loop_rate += other.loop_rate;
        self.loop_turns = self.loop_turns.max(other.loop_turns);
        self.stopped |= other.stopped;
    }
}

/// What becomes more from hour to hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Part by which the function's own time grows in an hour, compound: 0.015.
    pub duration: f64,
    /// The same of cold starts.
    pub init: f64,
    /// The same of arrivals; not below 0.
    pub traffic: f64,
    /// Seconds by which messages come later, more each hour.
    pub lag_s: f64,
    /// No factor grows beyond this.
    pub most: f64,
}

impl Growth {
    /// Nothing grows.
    pub const NONE: Self = Self {
        duration: 0.0,
        init: 0.0,
        traffic: 0.0,
        lag_s: 0.0,
        most: 100.0,
    };

    /// How far it has come after this long.
    pub fn after(&self, length: Ns) -> Conditions {
        let hours = length as f64 / HOUR as f64;
        let factor = |part: f64| (1.0 + part).powf(hours).min(self.most);
        Conditions {
            duration: factor(self.duration),
            init: factor(self.init),
            traffic: factor(self.traffic),
            lag_s: self.lag_s * hours,
            ..Conditions::USUAL
        }
    }
}

/// What an incident does.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Conditions from its start to its end.
    While(Conditions),
    /// Conditions that become worse from its start to its end.
    Growing(Growth),
    /// Conditions that come again, each time as long as the first: nothing to be found.
    Again {
        /// From one start to the next.
        every: Ns,
        /// What is different while it lasts.
        conditions: Conditions,
    },
    /// A deploy at its start, rolled back at its end.
    Deploy(Release),
}

impl Effect {
    /// What is different `since` after the start; `None` where no condition is.
    pub fn conditions(&self, since: Ns) -> Option<Conditions> {
        match self {
            Self::While(conditions) | Self::Again { conditions, .. } => Some(conditions.clone()),
            Self::Growing(growth) => Some(growth.after(since)),
            Self::Deploy(_) => None,
        }
    }

    /// How long after the start the same stage began last: of what comes again, since it came.
    pub fn stage(&self, since: Ns) -> Ns {
        match self {
            Self::Again { every, .. } => since % (*every).max(1),
            _ => since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    #[test]
    fn growth_is_compound_and_has_an_end() {
        let leak = Growth {
            duration: 0.015,
            ..Growth::NONE
        };
        let after = |hours| leak.after(hours * HOUR).duration;
        assert_eq!(after(0), 1.0);
        assert!((after(24) - 1.4295).abs() < 0.001, "{}", after(24));
        assert_eq!(after(24 * 365), 100.0);
        assert_eq!(leak.after(DAY).init, 1.0);
    }
}
