// SPDX-License-Identifier: GPL-2.0

//! Notices a guest that hangs: what it does takes longer than it may.
//!
//! A limit is of the time in which the machine could run. While one of its threads waits for a
//! processor of the host's, no time passes. So limits hold on a busy host, and need not be so long
//! that a hang costs an hour.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Measures what is being done now.
#[derive(Debug)]
pub struct Watch {
    tasks: PathBuf,
    limit: Duration,
    spent: Duration,
    last: Instant,
    waited: HashMap<String, Duration>,
}

impl Watch {
    /// Watches the process `pid`, which may take `limit` for what it does first.
    pub fn new(pid: u32, limit: Duration) -> Self {
        Self {
            tasks: format!("/proc/{pid}/task").into(),
            limit,
            spent: Duration::ZERO,
            last: Instant::now(),
            waited: HashMap::new(),
        }
    }

    /// It does something else from now on.
    pub fn restart(&mut self, limit: Duration) {
        self.limit = limit;
        self.spent = Duration::ZERO;
    }

    /// Whether it has taken too long. Is to be called several times a second.
    pub fn expired(&mut self) -> bool {
        let passed = self.last.elapsed();
        self.last = Instant::now();
        let waited = self.waited_for_a_processor();
        self.spent += passed.saturating_sub(waited);
        self.spent > self.limit
    }

    /// What it may take.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How long the thread that waited longest since the last call waited for a processor.
    fn waited_for_a_processor(&mut self) -> Duration {
        let mut longest = Duration::ZERO;
        // A kernel that does not say has every limit be one of plain time.
        let Ok(tasks) = fs::read_dir(&self.tasks) else {
            return longest;
        };
        for task in tasks.flatten() {
            let name = task.file_name().to_string_lossy().into_owned();
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let Some(now) = waited(&text) else {
                continue;
            };
            if let Some(before) = self.waited.insert(name, now) {
                longest = longest.max(now.saturating_sub(before));
            }
        }
        longest
    }
}

/// The second number of /proc/PID/task/TID/schedstat: how long it was ready and did not run.
fn waited(schedstat: &str) -> Option<Duration> {
    let nanoseconds = schedstat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Watch, waited};

    #[test]
    fn schedstat() {
        assert_eq!(waited("12 2000 3\n"), Some(Duration::from_micros(2)));
        assert_eq!(waited(""), None);
    }

    #[test]
    fn expires_unless_it_goes_on() {
        let moment = Duration::from_millis(40);
        let mut watch = Watch::new(u32::MAX, moment);
        assert!(!watch.expired());
        std::thread::sleep(moment * 2);
        watch.restart(moment);
        assert!(watch.expired(), "what passed since is counted");
        watch.restart(Duration::from_secs(3600));
        assert!(!watch.expired());
        watch.restart(Duration::ZERO);
        std::thread::sleep(moment);
        assert!(watch.expired());
    }
}
