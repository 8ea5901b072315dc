// SPDX-License-Identifier: GPL-2.0

//! Finds in a kernel log what must never be there.

use std::sync::LazyLock;

use regex::RegexSet;

use crate::kcsan;

/// Each of these fails a run, whatever the tests said.
static BAD: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"\bWARNING:",
        r"\bBUG:",
        r"kernel BUG",
        r"\bOops\b",
        r"Kernel panic",
        r"Call Trace:",
        r"KASAN",
        r"UBSAN",
        r"KCSAN",
        r"KFENCE",
        r"general protection fault",
        r"Unable to handle",
        r"unable to handle",
        r"refcount_t:",
        r"ODEBUG:",
        r"DEBUG_LOCKS_WARN_ON",
        r"possible (circular locking|recursive locking|irq lock inversion)",
        r"inconsistent lock state",
        r"suspicious RCU usage",
        r"(bad|held) lock (freed|unlock balance|held when returning)",
        r"bad unlock balance",
        r"lock held when returning to user space",
        r"turning off the locking correctness validator",
        r"INFO: lockdep is turned off",
        r"INFO: task .* blocked for more than",
        r"INFO: rcu_\w+ (self-)?detected (expedited )?stalls?",
        r"detected stalls? on CPUs",
        r"soft lockup",
        r"hard LOCKUP",
        r"workqueue lockup",
        r"sleeping function called from invalid context",
        r"scheduling while atomic",
        r"unreferenced object",
        r"new suspected memory leaks",
        r"kmemleak: .*(disabled|stopped|Cannot (insert|allocate a kmemleak_object))",
        r"list_(add|del) corruption",
        r"bad page state|Bad page state",
        r"page allocation failure",
        r"slab-use-after-free|double-free|invalid-free",
        r"rust_kernel: panicked",
        r"panicked at",
        r"scheduling from the idle thread",
        r"still has locks held",
        r"sysfs: cannot create duplicate filename",
    ])
    .expect("the patterns are constant")
});

/// Matches this close to each other are about the same thing.
const NEAR: usize = 60;

/// What the guest's scripts write to the kernel's log to say what they do.
pub const PHASE: &str = "devscope: phase ";

/// One complaint of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splat {
    /// The line that gave it away.
    pub text: String,
    /// Its number, from 1.
    pub line: usize,
    /// What the guest was doing.
    pub phase: String,
}

/// What the kernel complained of.
#[derive(Debug, Default)]
pub struct Complaints {
    /// Those that fail the run, in order.
    pub splats: Vec<Splat>,
    /// The data races that the kernel has of its own, which do not.
    pub races: Vec<String>,
}

/// Returns the complaints in a kernel log.
pub fn scan(log: &str) -> Complaints {
    let mut found = Complaints::default();
    let splats = &mut found.splats;
    let mut phase = "boot".to_owned();
    let mut last = 0;
    for (number, line) in (1..).zip(log.lines()) {
        let text = without_time(line);
        if let Some(name) = text.strip_prefix(PHASE) {
            name.clone_into(&mut phase);
            continue;
        }
        if !BAD.is_match(text) {
            continue;
        }
        let rest = log.lines().skip(number - 1).map(without_time);
        if let Some(race) = kcsan::foreign(rest) {
            found.races.push(race.to_owned());
            continue;
        }
        if splats.is_empty() || number > last + NEAR {
            splats.push(Splat {
                text: text.to_owned(),
                line: number,
                phase: phase.clone(),
            });
        }
        last = number;
    }
    found
}

/// The lines of a log around `line`, for a report.
pub fn around(log: &str, line: usize) -> impl Iterator<Item = &str> {
    const BEFORE: usize = 2;
    const AFTER: usize = 25;
    log.lines()
        .skip(line.saturating_sub(BEFORE + 1))
        .take(BEFORE + AFTER)
}

/// Strips "[    1.234567] " and, where the kernel names it, the caller "[   T12] ".
pub fn without_time(line: &str) -> &str {
    let mut rest = line.trim();
    while let Some((inside, after)) = rest.strip_prefix('[').and_then(|r| r.split_once("] ")) {
        let stamp = inside
            .trim()
            .trim_start_matches(['T', 'C'])
            .chars()
            .all(|c| c.is_ascii_digit() || c == '.');
        if !stamp {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::scan;

    /// One line of each kind, as kernels print them.
    const SPLATS: &[&str] = &[
        "[    4.1] WARNING: drivers/misc/lkdtm/bugs.c:121 at lkdtm_WARNING+0x15/0x20, CPU#1: sh/61",
        "[    4.1] WARNING: CPU: 1 PID: 61 at drivers/misc/x.c:121 lkdtm_WARNING+0x15/0x20",
        "[    4.1] BUG: KASAN: slab-use-after-free in edu_read+0x4f/0x90",
        "[    4.1] BUG: kernel NULL pointer dereference, address: 0000000000000008",
        "[    4.1] BUG: unable to handle page fault for address: ffffc90000005000",
        "[    4.1] BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 34s!",
        "[    4.1] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [cat:64]",
        "[    4.1] BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580",
        "[    4.1] BUG: scheduling while atomic: cat/64/0x00000002",
        "[    4.1] BUG: Bad page state in process cat  pfn:1034",
        "[    4.1] BUG edu (Not tainted): kernel BUG at mm/slub.c:4:",
        "[    4.1] kernel BUG at lib/list_debug.c:65!",
        "[    4.1] Oops: general protection fault, probably for non-canonical address 0xdffffc00: 0000 [#1] SMP KASAN",
        "[    4.1] Oops: invalid opcode: 0000 [#1] SMP",
        "[    4.1] Kernel panic - not syncing: Fatal exception",
        "[    4.1] Call Trace:",
        "[    4.1] UBSAN: array-index-out-of-bounds in lib/x.c:12:5",
        "[    4.1] WARNING: possible circular locking dependency detected",
        "[    4.1] WARNING: possible recursive locking detected",
        "[    4.1] WARNING: inconsistent lock state",
        "[    4.1] WARNING: suspicious RCU usage",
        "[    4.1] WARNING: bad unlock balance detected!",
        "[    4.1] INFO: lockdep is turned off.",
        "[   64.1] INFO: task sh:61 blocked for more than 60 seconds.",
        "[   30.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "[   30.1] rcu: INFO: rcu_sched self-detected stall on CPU",
        "[   30.1] rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-.... }",
        "[    4.1] ODEBUG: free active (active state 0) object: ffff888 object type: timer_list",
        "[    4.1] refcount_t: underflow; use-after-free.",
        "[    4.1] kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
        "unreferenced object 0xffff888003d3a000 (size 192):",
        "[    4.1] list_del corruption, ffff888->next is LIST_POISON1 (dead000000000100)",
        "[    4.1] rust_kernel: panicked at /clone/rust/devscope/gate.rs:12:5:",
        "[    4.1] cat: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)",
        "[    4.1] sysfs: cannot create duplicate filename '/class/misc/edu0'",
    ];

    /// What healthy kernels say.
    const HARMLESS: &[&str] = &[
        "[    0.0] Linux version 7.3.4 (clang version 22.1.8, LLD 22.1.8) #1 SMP PREEMPT",
        "[    0.0] kasan: KernelAddressSanitizer initialized (generic)",
        "[    0.1] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
        "[    0.1] kmemleak: Kernel memory leak detector initialized (mem pool available: 15000)",
        "[    0.1] rcu: \tRCU debug extended QS entry/exit.",
        "[    0.0] rcu: \tRCU callback double-/use-after-free debug is enabled.",
        "[    0.1] rcu: INFO: something that is not a stall",
        "[    1.2] devscope: loading out-of-tree module taints kernel.",
        "[    1.2] edu 0000:00:04.0: bound",
        "[    1.2] Spectre V2 : Mitigation: Retpolines",
        "[    1.2]     ok 3 oops_is_a_word",
        "[    1.2] ACPI: bus type PCI registered",
    ];

    #[test]
    fn every_kind_is_found() {
        for line in SPLATS {
            assert_eq!(scan(line).splats.len(), 1, "{line}");
        }
    }

    #[test]
    fn healthy_lines_are_not() {
        for line in HARMLESS {
            assert_eq!(scan(line).splats, [], "{line}");
        }
    }

    #[test]
    fn one_report_is_one_splat_with_its_phase() {
        let log = "[    1.0] devscope: phase load edu\n\
                   [    1.1] something\n\
                   [    2.0] [   T61] devscope: phase user unplug\n\
                   [    2.1] [   T61] BUG: KASAN: slab-use-after-free in edu_read+0x4f/0x90\n\
                   [    2.1] [   T61] Read of size 8 at addr ffff888\n\
                   [    2.1] [   T61] Call Trace:\n";
        let found = scan(log).splats;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].phase, "user unplug");
        assert_eq!(found[0].line, 4);
        assert!(found[0].text.starts_with("BUG: KASAN"));
    }

    #[test]
    fn distant_reports_are_counted_apart() {
        let gap = "[    3.0] nothing\n".repeat(100);
        let log = format!("WARNING: a at b\n{gap}WARNING: c at d\n");
        assert_eq!(scan(&log).splats.len(), 2);
    }

    #[test]
    fn race_of_the_kernel_hides_nothing() {
        let race = "[    1.0] BUG: KCSAN: data-race in tick / tock\n\
                    [    1.0]  tick+0x1/0x2\n\
                    [    1.0] ==========\n";
        let found = scan(&format!("{race}[    1.1] WARNING: a at b\n{race}"));
        assert_eq!(found.races, ["data-race in tick / tock"; 2]);
        assert_eq!(found.splats.len(), 1);
        let ours = race.replace("0x2\n", "0x2 [edu]\n");
        assert_eq!(scan(&ours).splats.len(), 1);
    }
}
