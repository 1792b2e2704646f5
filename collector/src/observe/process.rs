//! What the operating system tells of this process. An edge: it asks at each call.

use rustix::time::{ClockId, clock_gettime};

/// What the process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory, bytes; `None` where `/proc` does not tell.
    pub resident_bytes: Option<u64>,
    /// CPU time of all threads since the start, ns.
    pub cpu_ns: Option<u64>,
}

/// Asks the operating system.
#[must_use]
pub fn usage() -> Usage {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let nanos = i128::from(cpu.tv_sec) * 1_000_000_000 + i128::from(cpu.tv_nsec);
    Usage {
        resident_bytes: std::fs::read_to_string("/proc/self/status")
            .ok()
            .and_then(|status| resident(&status)),
        cpu_ns: u64::try_from(nanos).ok(),
    }
}

/// The name of this machine; empty where it is not told.
pub(crate) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// `VmRSS:    12345 kB`
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_out_of_the_status() {
        let status = "Name:\tx\nVmHWM:\t  99 kB\nVmRSS:\t    1234 kB\nThreads:\t1\n";
        assert_eq!(resident(status), Some(1234 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
        assert_eq!(resident("VmRSS:\t lots kB\n"), None);
    }

    #[test]
    fn this_process_uses_memory_and_time() {
        let usage = usage();
        assert!(
            usage.resident_bytes.is_some_and(|bytes| bytes > 1 << 20),
            "{usage:?}"
        );
        assert!(usage.cpu_ns.is_some_and(|ns| ns > 0), "{usage:?}");
    }
}
