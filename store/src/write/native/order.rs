//! The order of a table: rows sent in it need not be sorted by ClickHouse, which costs it as much as
//! everything else about an insert.

/// The numbers of all rows in the order of their groups, within a group by time, then as pushed.
#[allow(clippy::cast_possible_truncation)] // a batch is bounded far below 2^32 rows
pub(in crate::write) fn by(groups: impl Iterator<Item = u64>, times: &[i64]) -> Vec<u32> {
    let mut keys: Vec<(u64, i64, u32)> = groups
        .zip(times)
        .enumerate()
        .map(|(row, (group, time))| (group, *time, row as u32))
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, _, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_ordered_by_group_then_time_then_arrival() {
        let groups = [2, 1, 2, 1, 1];
        assert_eq!(by(groups.into_iter(), &[5, 9, 4, 9, -1]), [4, 1, 3, 2, 0]);
    }
}
