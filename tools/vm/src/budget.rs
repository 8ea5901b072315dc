// SPDX-License-Identifier: GPL-2.0

//! How long `make test` may take in its short form.
//!
//! A proof that takes long is not run, and it grows by a little each time. So a run that takes
//! longer says so, and how much of the processors others had meanwhile. It does not fail: machines
//! differ in speed, and what a slow one has proved is proved.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::clock::{Clock, Part, human};

/// With everything built.
const WARM: Duration = Duration::from_secs(12 * 60);
/// From an empty cache.
const COLD: Duration = Duration::from_secs(35 * 60);
/// Who builds for longer than this builds a kernel.
const BUILT: Duration = Duration::from_secs(3 * 60);

/// Who used the processors since it was made.
#[derive(Debug)]
pub struct Budget {
    all: Duration,
    own: Duration,
}

impl Budget {
    /// Begins to watch.
    pub fn start() -> Result<Self> {
        Ok(Self {
            all: all()?,
            own: own()?,
        })
    }

    /// What there is to be said of the time that `clock` has measured, if it is too long.
    pub fn judge(&self, clock: &Clock) -> Result<Option<String>> {
        let processors = std::thread::available_parallelism()?.get() as f64;
        let own = own()?.saturating_sub(self.own);
        let others = all()?.saturating_sub(self.all).saturating_sub(own);
        let share = others.as_secs_f64() / (clock.total().as_secs_f64() * processors);
        Ok(judge(clock.total(), clock.of(Part::Build), share))
    }
}

fn judge(total: Duration, build: Duration, others: f64) -> Option<String> {
    let budget = if build > BUILT { COLD } else { WARM };
    (total > budget).then(|| {
        format!(
            "it took {}, and may take {} on two emulated cores; others used {:.0}% of the processors",
            human(total),
            human(budget),
            others * 100.0,
        )
    })
}

/// The time that all processors have worked.
fn all() -> Result<Duration> {
    worked(&fs::read_to_string("/proc/stat")?)
}

/// The sum of all but idle and waiting, from the first line of /proc/stat.
fn worked(stat: &str) -> Result<Duration> {
    let ticks: Vec<u64> = stat
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("cpu "))
        .context("/proc/stat does not begin with `cpu`")?
        .split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let [user, nice, system, _idle, _wait, irq, softirq, steal, ..] = ticks[..] else {
        bail!("/proc/stat has too few columns");
    };
    Ok(time(user + nice + system + irq + softirq + steal))
}

/// The time that this process and those it has waited for have worked.
fn own() -> Result<Duration> {
    let file = "/proc/self/stat";
    let text = fs::read_to_string(file)?;
    // The name, in parentheses, is the second field; utime, stime, cutime and cstime are 14 to 17.
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(4);
    let ticks: Result<Vec<u64>, _> = ticks.map(str::parse).collect();
    Ok(time(ticks.context(file)?.iter().sum()))
}

fn time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{COLD, WARM, judge, own, time, worked};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn says_what_is_too_long() {
        assert_eq!(judge(WARM, SECOND, 0.0), None);
        let said = judge(WARM + SECOND, SECOND, 0.5).unwrap();
        assert!(
            said.contains("12 min 01 s") && said.contains("50%"),
            "{said}"
        );
    }

    #[test]
    fn more_where_kernels_are_built() {
        assert_eq!(judge(COLD, WARM, 0.0), None);
        assert!(judge(COLD + SECOND, WARM, 0.0).is_some());
    }

    #[test]
    fn idle_time_is_no_work() {
        let stat = "cpu  100 0 100 5000 5000 0 0 0 0 0\ncpu0 1 1\n";
        assert_eq!(worked(stat).unwrap(), time(200));
    }

    #[test]
    fn own_time_is_read() {
        let before = own().unwrap();
        while own().unwrap() == before {}
    }
}
