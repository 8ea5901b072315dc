// SPDX-License-Identifier: GPL-2.0

//! Whose a data race is: the kernel has some of its own, which are nobody's here to fix.

/// How a report begins.
const BEGIN: &str = "BUG: KCSAN: ";

/// How it ends, on a line of its own.
const END: &str = "=====";

/// No report is longer than this many lines.
const LONGEST: usize = 200;

/// Functions of the kernel's that race with each other over what nobody else touches, whoever has
/// called them: the state of a work item, and the task of a sleeper on its own stack.
const AMONG_THEMSELVES: &[&[&str]] = &[
    &["queue_work_on", "assign_work", "process_scheduled_works"],
    &["hrtimer_wakeup", "schedule_hrtimeout_range_clock"],
];

/// Returns the subject of the report that begins at the first of `lines`, if neither stack in it
/// has a frame in a module, or only callers of [`AMONG_THEMSELVES`] are. All that is tested here is
/// modules, and the kernel's own code is built in. A report without an end may be anybody's.
pub fn foreign<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let subject = lines.next()?.strip_prefix(BEGIN)?;
    let among_themselves = among_themselves(subject);
    for line in lines.take(LONGEST) {
        if line.starts_with(END) {
            return Some(subject);
        }
        if in_module(line) && !among_themselves {
            return None;
        }
    }
    None
}

fn among_themselves(subject: &str) -> bool {
    let pair = subject.strip_prefix("data-race in ").unwrap_or_default();
    let Some((one, other)) = pair.split_once(" / ") else {
        return false;
    };
    let both = |group: &&[&str]| group.contains(&one) && group.contains(&other);
    AMONG_THEMSELVES.iter().any(both)
}

/// Whether `line` is a frame like "edu_read+0x4f/0x90 [edu]".
fn in_module(line: &str) -> bool {
    let mut words = line.split_whitespace().rev();
    let module = words.next().is_some_and(|word| word.ends_with(']'));
    module && words.next().is_some_and(|word| word.contains("+0x"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, foreign};

    const REPORT: &[&str] = &[
        "BUG: KCSAN: data-race in edu_read / tick_do_update_jiffies64",
        "",
        "write to 0xffffffff8261a628 of 8 bytes by interrupt on cpu 0:",
        " tick_do_update_jiffies64+0x1d/0x30",
        "",
        "read to 0xffffffff8261a628 of 8 bytes by task 61 on cpu 1:",
        " edu_read+0x10/0x20",
        " vfs_read+0x10/0x20",
        "",
        "Reported by Kernel Concurrency Sanitizer on:",
        "CPU: 1 UID: 0 PID: 61 Comm: sh Not tainted 7.3.4 #1 PREEMPT",
        "==================================================================",
        "something+0x1/0x2 [edu]",
    ];

    #[test]
    fn kernels_own() {
        let subject = foreign(REPORT.iter().copied());
        assert_eq!(
            subject,
            Some("data-race in edu_read / tick_do_update_jiffies64")
        );
    }

    #[test]
    fn frame_of_a_module_in_either_stack() {
        for (line, frame) in [
            (3, " _RNvNtCs1_3edu+0x1d/0x30 [edu]"),
            (6, " edu_read+0x10/0x20 [edu]"),
        ] {
            let mut report = REPORT.to_vec();
            report[line] = frame;
            assert_eq!(foreign(report.into_iter()), None);
        }
    }

    #[test]
    fn report_without_end() {
        assert_eq!(foreign(REPORT.iter().copied().take(11)), None);
    }

    #[test]
    fn among_themselves() {
        let report = |subject| {
            let begin = [BEGIN, subject].concat();
            let mut report = REPORT.to_vec();
            report[0] = &begin;
            report[6] = " edu_read+0x10/0x20 [edu]";
            foreign(report.into_iter()).is_some()
        };
        assert!(report("data-race in queue_work_on / queue_work_on"));
        assert!(report("data-race in assign_work / queue_work_on"));
        assert!(!report("data-race in hrtimer_wakeup / queue_work_on"));
        assert!(!report("data-race in queue_work_on / edu_write"));
    }
}
