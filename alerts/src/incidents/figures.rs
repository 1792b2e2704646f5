//! How long it takes to acknowledge and to restore.

use store::incidents::Head;

/// Figures over a period. Incidents that became part of others are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Incidents that began in it.
    pub incidents: usize,
    /// Of these, acknowledged.
    pub acknowledged: usize,
    /// Of these, restored.
    pub restored: usize,
    /// Median time to acknowledge, ms.
    pub acknowledge_ms: Option<i64>,
    /// Median time to restore, ms.
    pub restore_ms: Option<i64>,
    /// Mean time to acknowledge, ms.
    pub acknowledge_mean_ms: Option<i64>,
    /// Mean time to restore, ms.
    pub restore_mean_ms: Option<i64>,
}

/// Figures of the incidents that began in `from_ms` ≤ t < `to_ms`.
#[must_use]
pub fn figures(heads: &[Head], from_ms: i64, to_ms: i64) -> Figures {
    let of_period = heads
        .iter()
        .filter(|head| head.merged_into.is_empty() && (from_ms..to_ms).contains(&head.opened_ms));
    let (mut count, mut acknowledge, mut restore) = (0, Vec::new(), Vec::new());
    for head in of_period {
        count += 1;
        acknowledge.extend(head.acknowledged_ms.map(|at| at - head.opened_ms));
        restore.extend(head.restored_ms.map(|at| at - head.opened_ms));
    }
    acknowledge.sort_unstable();
    restore.sort_unstable();
    Figures {
        incidents: count,
        acknowledged: acknowledge.len(),
        restored: restore.len(),
        acknowledge_ms: median(&acknowledge),
        restore_ms: median(&restore),
        acknowledge_mean_ms: mean(&acknowledge),
        restore_mean_ms: mean(&restore),
    }
}

fn median(sorted: &[i64]) -> Option<i64> {
    let (low, high) = (
        sorted.get(sorted.len().checked_sub(1)? / 2)?,
        sorted.get(sorted.len() / 2)?,
    );
    Some(low.midpoint(*high))
}

fn mean(all: &[i64]) -> Option<i64> {
    let count = i64::try_from(all.len()).ok().filter(|count| *count > 0)?;
    Some(all.iter().sum::<i64>() / count)
}
