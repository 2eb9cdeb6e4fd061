//! What the system knows of the process, under the names that every exporter has for it.

use std::fs;

use super::figures::Figures;

/// Ticks of the processor's clock in a second, on every Linux.
const TICKS: f64 = 100.0;

/// Memory, files and processor time, as far as the system tells.
pub(super) fn figures(out: &mut Figures<'_>) -> Result<(), std::fmt::Error> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(kilobytes) = field(&status, "VmRSS:") {
        out.gauge(
            "process_resident_memory_bytes",
            "Memory that the process has",
            kilobytes * 1024.0,
        )?;
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        // One of them is the folder itself.
        let files = files.count().saturating_sub(1) as f64;
        out.gauge("process_open_fds", "Files and sockets that are open", files)?;
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    if let Some(most) = field(&limits, "Max open files") {
        out.gauge("process_max_fds", "How many may be open", most)?;
    }
    if let Some(ticks) = processor_ticks() {
        out.counter("process_cpu_seconds", "Processor time used", ticks / TICKS)?;
    }
    Ok(())
}

/// The first number after a name.
fn field(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn processor_ticks() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}
