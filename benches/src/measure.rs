//! What measurements share: quantiles, memory, the machine's name, and records.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;

/// Times of single operations.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<u64>);

impl Times {
    /// Runs and times one operation.
    pub fn time<T>(&mut self, operation: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = operation();
        self.add(start.elapsed());
        result
    }

    /// Adds a time.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time.as_nanos() as u64);
    }

    /// Adds those of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Each so many times: of operations that were done together, and took the same time.
    #[must_use]
    pub fn each_so_often(self, often: usize) -> Self {
        let each = self.0.into_iter();
        Self(
            each.flat_map(|time| std::iter::repeat_n(time, often))
                .collect(),
        )
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time in microseconds that this share of the operations did not exceed; 0 if there are none.
    pub fn quantile(&mut self, share: f64) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        self.0.sort_unstable();
        let place = ((self.0.len() - 1) as f64 * share).round() as usize;
        self.0[place] as f64 / 1e3
    }

    /// The median in microseconds.
    pub fn median(&mut self) -> f64 {
        self.quantile(0.5)
    }
}

/// Memory that this process has resident, in bytes.
pub fn resident() -> usize {
    // Pages of 4 KiB.
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0usize) * 4096
}

/// The most that was ever resident, in bytes.
pub fn most_resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find(|line| line.starts_with("VmHWM:"));
    let most = most.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    most.unwrap_or(0usize) << 10
}

/// The processor's time that all threads of this process took, their system calls included.
pub fn processor_time() -> Duration {
    processor_time_of(Path::new("/proc/self"))
}

/// The same of another process or thread, by its folder in `/proc`; none if it has ended.
pub fn processor_time_of(task: &Path) -> Duration {
    let stat = fs::read_to_string(task.join("stat")).unwrap_or_default();
    // The name, in parentheses, may have spaces.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The same of those threads of this process that have a name.
pub fn processor_time_of_threads(name: &str) -> Duration {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    let own = tasks.flatten().map(|task| task.path()).filter(|task| {
        fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    });
    own.map(|task| processor_time_of(&task)).sum()
}

/// The machine: its processor and how many cores there are.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu.lines().find(|line| line.starts_with("model name"));
    let name = name.and_then(|line| line.split(": ").nth(1)).unwrap_or("?");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores")
}

/// Writes what was measured as JSON, and on which machine: `NAME.json` in the folder that `--record` names
/// on the command line, if it does.
///
/// # Errors
///
/// If it cannot be written.
pub fn record(name: &str, rows: &impl Serialize) -> io::Result<()> {
    let Some(folder) = argument("--record") else {
        return Ok(());
    };
    let record = serde_json::json!({ "machine": machine(), "rows": rows });
    fs::create_dir_all(&folder)?;
    let file = Path::new(&folder).join(name).with_extension("json");
    fs::write(file, serde_json::to_string_pretty(&record)? + "\n")
}

/// What follows `name` on the command line.
pub fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|other| other != name).nth(1)
}
