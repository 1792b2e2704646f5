//! What a process cost, from /proc.

use anyhow::Context;

/// User and system CPU seconds of a process so far.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("reading /proc")?;
    let fields: Vec<&str> = text
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    Ok((ticks(11) + ticks(12)) / 100.0) // Linux counts in hundredths for user space
}

/// Most memory the process ever held, MiB.
pub fn peak_memory_mb(pid: u32) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).context("reading /proc")?;
    let line = text
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    Ok(kib / 1024)
}

/// Waits until the process has used next to no CPU for half a second.
pub async fn wait_for_idle(pid: u32) -> anyhow::Result<()> {
    let mut before = cpu_seconds(pid)?;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let now = cpu_seconds(pid)?;
        if now - before < 0.05 {
            return Ok(());
        }
        before = now;
    }
}

/// The machine, in a line.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':']));
    let count = cpus
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = read("/proc/meminfo");
    let kib = memory.split_whitespace().nth(1).unwrap_or("0");
    let gib = kib.parse::<u64>().unwrap_or(0) / 1024 / 1024;
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "machine: {count} × {model}, {gib} GiB, Linux {}",
        kernel.trim()
    )
}
