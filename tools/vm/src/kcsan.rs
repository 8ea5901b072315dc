// SPDX-License-Identifier: GPL-2.0

//! Whose a data race is: the kernel has some of its own, which are nobody's here to fix.

/// How a report begins.
const BEGIN: &str = "BUG: KCSAN: ";

/// How it ends, on a line of its own.
const END: &str = "=====";

/// No report is longer than this many lines.
const LONGEST: usize = 200;

/// Returns the subject of the report that begins at the first of `lines`, if neither stack in it
/// has a frame in a module. All that is tested here is modules, and the kernel's own code is built
/// in. A report without an end may be anybody's.
pub fn foreign<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let subject = lines.next()?.strip_prefix(BEGIN)?;
    for line in lines.take(LONGEST) {
        if line.starts_with(END) {
            return Some(subject);
        }
        if in_module(line) {
            return None;
        }
    }
    None
}

/// Whether `line` is a frame like "edu_read+0x4f/0x90 [edu]".
fn in_module(line: &str) -> bool {
    let mut words = line.split_whitespace().rev();
    let module = words.next().is_some_and(|word| word.ends_with(']'));
    module && words.next().is_some_and(|word| word.contains("+0x"))
}

#[cfg(test)]
mod tests {
    use super::foreign;

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
}
