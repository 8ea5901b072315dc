// SPDX-License-Identifier: GPL-2.0

//! Measures instructions, unbind times and memory of our fence and of others, and compares ports of
//! C drivers with these drivers.
//!
//! The first argument is the kind of machine (`tools/vm/src/bench/boot.rs`), which determines what
//! can be measured. Most is measured with QEMU's `-icount shift=0`, where a nanosecond of the
//! guest's clock is an instruction and every run gives the same counts, on the lean kernel and
//! Debian's.
//!
//! Further arguments are patterns of the names below. Without any, all are measured.

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

/// Prints tables. Returns whether ours is within its limits.
type Measure = fn() -> bool;

/// The kinds of machines: one whose clock counts instructions, one that observes writes, and an
/// ordinary one.
const COUNTS: &str = "counts";
const WATCHES: &str = "watches";
const PLAIN: &str = "plain";

/// All measurements, in their order.
const ALL: [(&str, &str, Measure); 12] = [
    (COUNTS, "instructions", fences::instructions),
    (COUNTS, "access", access::accesses),
    (COUNTS, "mapping", mapping::mappings),
    (COUNTS, "unbind", unbind::unbind_times),
    (COUNTS, "late", late::interrupts_disabled),
    (COUNTS, "fences-unbind", fences::unbind),
    (COUNTS, "fences-memory", fences::memory),
    (COUNTS, "cros_ec", ec::compare),
    (COUNTS, "evdev", evdev::compare),
    (COUNTS, "disk", disk::creation),
    (WATCHES, "shared-lines", fences::shared_lines),
    (PLAIN, "throughput", fences::throughput),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let machine = arguments.next().expect("which machine it is");
    let patterns: Vec<String> = arguments.collect();
    let wanted = |name: &str| patterns.is_empty() || patterns.iter().any(|it| matches(it, name));
    let chosen: Vec<_> = ALL.iter().filter(|(_, name, _)| wanted(name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = ALL.iter().map(|(_, name, _)| *name).collect();
        println!("nothing is called that; there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    clock::settle();
    // Runs all of them, even if one fails.
    match chosen
        .iter()
        .filter(|(where_, ..)| *where_ == machine)
        .fold(true, |good, (.., measure)| measure() & good)
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
