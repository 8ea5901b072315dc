// SPDX-License-Identifier: GPL-2.0

//! Where the time of a run goes.

use std::time::{Duration, Instant};

use strum::{Display, VariantArray};

use crate::report::Outcome;

/// How many of the slowest tests are named.
const SLOWEST: usize = 10;

/// A part of a run.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Part {
    /// Kernels, modules, programs.
    Build,
    /// Checks that need no guest.
    Host,
    /// From QEMU's start to the first word of the guest's scripts.
    Boot,
    #[strum(serialize = "KUnit")]
    Kunit,
    /// Test programs, and what is left over after them.
    User,
}

/// Adds up the time of each part. There is always one that is going on; another may go on beside it.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    part: Part,
    since: Instant,
    spent: [Duration; Part::VARIANTS.len()],
}

impl Clock {
    /// A run begins with building.
    pub fn start() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            part: Part::Build,
            since: now,
            spent: Default::default(),
        }
    }

    /// From now on, time is that of `part`.
    pub fn part(&mut self, part: Part) {
        self.spent[self.part as usize] += self.since.elapsed();
        self.since = Instant::now();
        self.part = part;
    }

    /// `part` went on for so long beside others.
    pub fn beside(&mut self, part: Part, time: Duration) {
        self.spent[part as usize] += time;
    }

    /// The time of the whole run so far.
    pub fn total(&self) -> Duration {
        self.started.elapsed()
    }

    /// The time of a part so far.
    pub fn of(&self, part: Part) -> Duration {
        let now = if part == self.part {
            self.since.elapsed()
        } else {
            Duration::ZERO
        };
        self.spent[part as usize] + now
    }

    /// The end of a report: the slowest tests, and the time of each part.
    pub fn lines(&self, outcomes: &[Outcome]) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(slowest(outcomes).into_iter().take(SLOWEST).map(line));
        let parts = Part::VARIANTS
            .iter()
            .map(|part| format!("{part} {}", human(self.of(*part))));
        let parts: Vec<_> = parts.collect();
        lines.push(format!("{}, all {}", parts.join(", "), human(self.total())));
        lines
    }
}

/// A line for each test that took any time to speak of, the slowest first.
pub fn table(outcomes: &[Outcome]) -> String {
    let line = |outcome| line(outcome) + "\n";
    slowest(outcomes).into_iter().map(line).collect()
}

fn line(outcome: &Outcome) -> String {
    let Outcome { group, name, .. } = outcome;
    format!("{:>8}  {group} {name}", human(outcome.took))
}

fn slowest(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let mut slow: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.took >= Duration::from_millis(100))
        .collect();
    slow.sort_by_key(|outcome| std::cmp::Reverse(outcome.took));
    slow
}

/// A time as people read it.
pub fn human(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..100 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use strum::VariantArray;

    use super::{Clock, Part, SLOWEST, human, table};
    use crate::report::Outcome;

    fn outcome(name: &str, seconds: u64) -> Outcome {
        Outcome {
            group: "user".into(),
            name: name.into(),
            passed: true,
            took: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn the_slowest_first() {
        let outcomes: Vec<_> = (0..20).map(|n| outcome(&n.to_string(), n)).collect();
        let lines = Clock::start().lines(&outcomes);
        assert_eq!(lines.len(), SLOWEST + 1);
        assert_eq!(lines[0], "  19.0 s  user 19");
        let all = table(&outcomes);
        assert_eq!(all.lines().count(), 19, "one took no time");
        assert_eq!(all.lines().next(), Some(&*lines[0]));
    }

    #[test]
    fn all_time_belongs_to_a_part() {
        let mut clock = Clock::start();
        clock.part(Part::User);
        clock.part(Part::Build);
        let parts: Duration = Part::VARIANTS.iter().map(|part| clock.of(*part)).sum();
        assert!(clock.total() - parts < Duration::from_secs(1));
        assert_eq!(clock.lines(&[]).len(), 1);
    }

    #[test]
    fn a_part_beside_others() {
        let mut clock = Clock::start();
        clock.part(Part::User);
        clock.beside(Part::Host, Duration::from_secs(5));
        assert_eq!(clock.of(Part::Host).as_secs(), 5);
        assert!(clock.total() < Duration::from_secs(5));
    }

    #[test]
    fn readable() {
        assert_eq!(human(Duration::from_millis(1260)), "1.2 s");
        assert_eq!(human(Duration::from_secs(725)), "12 min 05 s");
    }
}
