// SPDX-License-Identifier: GPL-2.0

//! What the fence costs, in instructions, what others cost, how long unbind takes, and how much memory; and what a
//! port of a C driver costs, compared to that driver.
//!
//! Meant for the lean kernel and Debian's, under QEMU's `-icount shift=0`, where a nanosecond of the guest's
//! clock is an instruction and every run counts the same.
//!
//! Arguments are patterns of the names below; without any, all is measured.

mod access;
mod clock;
mod disk;
mod ec;
mod ec_unbind;
mod evdev;
mod fences;
mod figures;
mod late;
mod limits;
mod mapping;
mod slab;
mod table;
mod unbind;

use std::process::ExitCode;

/// Prints tables; whether ours is within its limits.
type Measure = fn() -> bool;

/// All there is, in the order in which it is measured.
const ALL: [(&str, Measure); 10] = [
    ("instructions", fences::instructions),
    ("access", access::accesses),
    ("mapping", mapping::mappings),
    ("unbind", unbind::unbind_times),
    ("late", late::interrupts_disabled),
    ("fences-unbind", fences::unbind),
    ("fences-memory", fences::memory),
    ("cros_ec", ec::compare),
    ("evdev", evdev::compare),
    ("disk", disk::creation),
];

fn main() -> ExitCode {
    let patterns: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| patterns.is_empty() || patterns.iter().any(|it| matches(it, name));
    let chosen: Vec<_> = ALL.iter().filter(|(name, _)| wanted(name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        println!("nothing is called that; there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    clock::settle();
    // All of them, whatever one says.
    match chosen
        .iter()
        .fold(true, |good, (_, measure)| measure() & good)
    {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Whether `name` is `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|left| {
            (0..=left.len()).any(|at| left.is_char_boundary(at) && matches(rest, &left[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        assert!(matches("fences-*", "fences-unbind"));
        assert!(matches("*bind", "fences-unbind") && matches("*", "late"));
        assert!(!matches("fences", "fences-unbind") && !matches("*x*", "late"));
    }
}
