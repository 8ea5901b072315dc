// SPDX-License-Identifier: GPL-2.0

//! Hundreds of cycles of unbind and bind, with busy programs.

use crate::{millis, program::Program, user::Tally};
use devscope_tests::{device::Device, pace, HANG, UNBIND_LIMIT};
use std::{thread, time::Duration};

/// The number of busy programs. Half of them sleep in their calls.
pub const PROGRAMS: usize = 6;

/// The outcome of all cycles.
#[derive(Default)]
pub struct Outcome {
    /// How long each unbind took.
    times: Vec<Duration>,
    failed: usize,
    tally: Tally,
    hung: usize,
}

/// Unbinds and binds `cycles` times.
pub fn run(device: &Device, cycles: usize) -> Outcome {
    let node = device.node();
    let mut programs: Vec<Program> = (1..=PROGRAMS)
        .map(|seed| Program::start("busy", &node, Some(seed)))
        .collect();
    let mut outcome = Outcome::default();
    for cycle in 1..=cycles {
        // Gives all programs the time to open the device again and to make calls.
        thread::sleep(Duration::from_millis(3));
        if cycle == cycles {
            programs.iter_mut().for_each(Program::stop);
        }
        let (result, took) = device.try_unbind();
        outcome.times.push(took);
        outcome.failed += usize::from(result.is_err());
        if cycle < cycles {
            outcome.failed += usize::from(device.try_bind().0.is_err());
        }
        if cycle % 50 == 0 {
            println!("   {cycle} cycles");
        }
    }
    for mut program in programs {
        outcome.hung += usize::from(!program.try_end(HANG));
        for line in program.rest() {
            if let Some((what, count)) = line.rsplit_once(' ') {
                *outcome.tally.entry(what.to_owned()).or_default() += count.parse().unwrap_or(0);
            }
        }
    }
    device.bind();
    outcome.times.sort();
    outcome
}

impl Outcome {
    /// Whether nothing failed or hung, and each required outcome occurred.
    pub fn all_right(&self) -> bool {
        let seen = |what: &str| self.tally.contains_key(what);
        let longest = self.times.last().copied().unwrap_or_default();
        self.failed == 0
            && self.hung == 0
            && seen("ok")
            && seen("ENODEV")
            && pace::is_within(longest, UNBIND_LIMIT)
    }

    /// Prints the table.
    pub fn print(&self) {
        let at = |index: usize| millis(self.times[index]);
        let last = self.times.len() - 1;
        let spread = format!("{} / {} / {}", at(0), at(last / 2), at(last));
        println!("   {:<28}{}", "cycles", self.times.len());
        println!("   {:<28}{}", "unbind or bind failed", self.failed);
        println!("   {:<28}{spread} ms", "unbind min/median/max");
        println!(
            "   {:<28}{}",
            "operations",
            self.tally.values().sum::<u64>()
        );
        for (what, count) in &self.tally {
            println!("      {what:<25}{count}");
        }
        println!("   {:<28}{}", "programs that hang or fail", self.hung);
    }
}
