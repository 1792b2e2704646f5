//! Windows of time for telemetry that comes late.
//!
//! An exporter that was cut off sends its queue when others are minutes ahead. A window that follows the
//! newest event would drop all of that unseen, an attack in it too. So what is too late for the window has a
//! second one of its own, which follows the queue's time; both are judged alike.

use serde::{Deserialize, Serialize};

/// A window that follows the newest of its events.
pub trait Window: Default {
    /// The time of the newest, nanoseconds; [`i64::MIN`] while it is empty.
    fn newest_ns(&self) -> i64;
}

/// Two windows: for what comes in time, and for a queue of what is late.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lanes<W> {
    timely: W,
    late: W,
}

impl<W: Window> Lanes<W> {
    /// The window that an event of this time belongs to, of windows `span_ns` long.
    pub fn of(&mut self, time_ns: i64, span_ns: i64) -> Lane {
        if time_ns >= self.timely.newest_ns().saturating_sub(span_ns) {
            return Lane::Timely;
        }
        if time_ns < self.late.newest_ns().saturating_sub(span_ns) {
            self.late = W::default(); // another queue, older than the last one
        }
        Lane::Late
    }

    /// One of the windows.
    pub fn get(&self, lane: Lane) -> &W {
        match lane {
            Lane::Timely => &self.timely,
            Lane::Late => &self.late,
        }
    }

    /// One of the windows, to be added to.
    pub fn get_mut(&mut self, lane: Lane) -> &mut W {
        match lane {
            Lane::Timely => &mut self.timely,
            Lane::Late => &mut self.late,
        }
    }

    /// When the newest event in time was.
    pub fn newest_ns(&self) -> i64 {
        self.timely.newest_ns()
    }
}

/// When a window was looked at: a look walks over all of it, so not each event is worth one.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Looks {
    /// The newest event's time at the last look.
    at_ns: i64,
    /// Events since.
    events: usize,
}

impl Looks {
    /// Takes an event of a window of so many; whether to look. So it is when `every_ns` have passed for the
    /// window, or an eighth of it is new: what comes late need not make its time pass.
    pub fn are_due(&mut self, newest_ns: i64, len: usize, every_ns: i64) -> bool {
        self.events += 1;
        let due = newest_ns - self.at_ns >= every_ns || self.events >= len / 8;
        if due {
            *self = Self {
                at_ns: newest_ns,
                events: 0,
            };
        }
        due
    }
}

/// Which of the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// It came in time.
    Timely,
    /// It came so late that the window had passed.
    Late,
}

#[cfg(test)]
mod tests {
    use super::super::recent::Recent;
    use super::*;

    impl Window for Recent<i64> {
        fn newest_ns(&self) -> i64 {
            Recent::newest_ns(self)
        }
    }

    fn add(lanes: &mut Lanes<Recent<i64>>, time: i64) -> Lane {
        let lane = lanes.of(time, 10);
        lanes.get_mut(lane).add(time, time, 10, 100);
        lane
    }

    #[test]
    fn a_late_queue_has_a_window_of_its_own_and_spares_that_of_the_others() {
        let mut lanes = Lanes::default();
        assert_eq!(add(&mut lanes, 1_000), Lane::Timely);
        assert_eq!(
            add(&mut lanes, 995),
            Lane::Timely,
            "a little late is in time"
        );
        for time in 500..520 {
            assert_eq!(add(&mut lanes, time), Lane::Late);
        }
        assert_eq!(add(&mut lanes, 1_001), Lane::Timely);
        assert_eq!(lanes.get(Lane::Timely).len(), 3);
        assert_eq!(lanes.get(Lane::Late).len(), 11, "ten before the newest");
        assert_eq!(add(&mut lanes, 100), Lane::Late);
        assert_eq!(lanes.get(Lane::Late).len(), 1, "an older queue begins anew");
    }
}
