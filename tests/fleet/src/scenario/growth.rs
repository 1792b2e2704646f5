//! Something becomes more from hour to hour: a table without an index, a cache that never forgets.

use super::{Effect, Growth, Kind, Param};

/// `growth`: the part by which the function's own time, its cold starts and its arrivals grow in an
/// hour, compound, until they are `most` times the usual.
pub const KIND: Kind = Kind {
    name: "growth",
    takes: &[
        Param::rate("duration_per_hour", 0.015),
        Param::rate("init_per_hour", 0.0),
        Param::rate("traffic_per_hour", 0.0),
        Param::number("most", Some(10.0), 1.0, 100.0),
    ],
    may_last: false,
    effect: |p| {
        Effect::Growing(Growth {
            duration: p.number("duration_per_hour"),
            init: p.number("init_per_hour"),
            traffic: p.number("traffic_per_hour"),
            most: p.number("most"),
            ..Growth::NONE
        })
    },
};
