// SPDX-License-Identifier: GPL-2.0

//! Faults that the kernel injects on demand, one at a time.
//!
//! [`for_each_failure`] walks over all places of an action where something can fail. What fails is
//! a [`Fault`]: an allocation of this task, or a function of the kernel.

use crate::effort;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{open, Mode, OFlags},
    io::{pread, write},
};
use std::fs;

const DEBUGFS: &str = "/sys/kernel/debug";

/// An action with more places to fail than this never ends.
const MOST: u32 = 5000;

/// Something that happens again and again, and can be made to fail one time.
pub trait Fault {
    /// Has it fail at the `n`th time from now, counted from 1.
    fn arm(&self, n: u32);

    /// Has it fail no more. Says whether it had come to that.
    fn disarm(&self) -> bool;
}

/// Does `action` with the first fault, with the second, and so on, until it is done before the
/// next. `check` is given what it returned each time, and without faults brings things back to
/// where the action can begin again.
///
/// The action must not allocate memory in user space, which would abort the program. It is done
/// once without any fault before, so that its own pages are there. Returns how many faults there
/// were.
pub fn for_each_failure<T>(
    fault: &impl Fault,
    action: impl FnMut() -> T,
    check: impl FnMut(u32, T),
) -> u32 {
    walk(fault, (1, 1), action, check)
}

/// As [`for_each_failure`]; in the short form, for [one place](effort::some_of) of `one_of`.
pub fn for_some_failures<T>(
    fault: &impl Fault,
    one_of: usize,
    action: impl FnMut() -> T,
    check: impl FnMut(u32, T),
) -> u32 {
    let (first, one_of) = effort::some_of(one_of);
    let walked = (1 + first, one_of);
    walk(fault, walked, action, check)
}

fn walk<T>(
    fault: &impl Fault,
    (first, stride): (usize, usize),
    mut action: impl FnMut() -> T,
    mut check: impl FnMut(u32, T),
) -> u32 {
    check(0, action());
    for n in (first as u32..MOST).step_by(stride) {
        fault.arm(n);
        let result = action();
        let failed = fault.disarm();
        check(n, result);
        if !failed {
            return n - 1;
        }
    }
    panic!("still a fault after {MOST} of them");
}

/// The allocations of one kind that the kernel makes for the thread which has made this.
///
/// One kind at a time: slabs need a new page every now and then, and what comes after such a page
/// would have another number each time.
pub struct Allocations {
    nth: OwnedFd,
}

impl Allocations {
    /// Objects, as of `kmalloc()`.
    pub fn of_objects() -> Self {
        Self::new(true)
    }

    /// Pages for the kernel itself.
    pub fn of_pages() -> Self {
        Self::new(false)
    }

    fn new(objects: bool) -> Self {
        // No cache is marked for the filter, and no order is that high.
        let (cache_filter, min_order) = if objects { ("N", "99") } else { ("Y", "0") };
        for (file, value) in [
            ("failslab/verbose", "0"),
            ("failslab/ignore-gfp-wait", "N"),
            ("failslab/cache-filter", cache_filter),
            ("fail_page_alloc/verbose", "0"),
            ("fail_page_alloc/ignore-gfp-wait", "N"),
            ("fail_page_alloc/min-order", min_order),
        ] {
            set(file, value);
        }
        // What it could not make, the kernel warns of when it removes it.
        let (start, end) = range_of("register_irq_proc");
        for kind in ["failslab", "fail_page_alloc"] {
            set(&format!("{kind}/reject-start"), &start.to_string());
            set(&format!("{kind}/reject-end"), &end.to_string());
        }
        let nth = open("/proc/thread-self/fail-nth", OFlags::RDWR, Mode::empty())
            .expect("fail-nth, of CONFIG_FAULT_INJECTION");
        Self { nth }
    }
}

impl Fault for Allocations {
    fn arm(&self, n: u32) {
        put(&self.nth, n);
    }

    fn disarm(&self) -> bool {
        let mut text = [0; 16];
        let len = pread(&self.nth, &mut text, 0).expect("read fail-nth");
        put(&self.nth, 0);
        text[..len] == *b"0\n"
    }
}

/// Writes a number without allocating.
fn put(file: impl AsFd, number: u32) {
    let mut digits = [b'0'; 10];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    // A leading zero would make it octal.
    let first = digits.iter().position(|&digit| digit != b'0').unwrap_or(9);
    assert_eq!(write(file, &digits[first..]), Ok(digits.len() - first));
}

/// Calls of a function of the kernel that is marked with `ALLOW_ERROR_INJECTION`, by any task.
///
/// `fail-nth` does not see these: the breakpoint is like an NMI, and belongs to no task.
pub struct Function(&'static str);

impl Function {
    /// `name` fails with this (negative) number when it fails.
    pub fn returning(name: &'static str, error: i32) -> Self {
        let function = Self(name);
        set("fail_function/probability", "100");
        set("fail_function/times", "0");
        set("fail_function/verbose", "0");
        set("fail_function/inject", name);
        let retval = i64::from(error).cast_unsigned();
        set(&format!("fail_function/{name}/retval"), &retval.to_string());
        function
    }
}

impl Fault for Function {
    fn arm(&self, n: u32) {
        set("fail_function/space", &n.to_string());
        set("fail_function/times", "1");
    }

    fn disarm(&self) -> bool {
        let times = fs::read_to_string(format!("{DEBUGFS}/fail_function/times"));
        set("fail_function/times", "0");
        times.expect("fail_function/times").trim() == "0"
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        set("fail_function/inject", &format!("!{}", self.0));
    }
}

/// Where the code of a function of the kernel is.
fn range_of(name: &str) -> (u64, u64) {
    let text = fs::read_to_string("/proc/kallsyms").expect("CONFIG_KALLSYMS");
    let address = |line: &str| u64::from_str_radix(line.split(' ').next()?, 16).ok();
    let start = text
        .lines()
        .find(|line| line.split(' ').nth(2) == Some(name))
        .and_then(address)
        .unwrap_or_else(|| panic!("the kernel has no {name}"));
    let next = text.lines().filter_map(address).filter(|&a| a > start);
    (start, next.min().expect("it is not the last"))
}

fn set(file: &str, value: &str) {
    fs::write(format!("{DEBUGFS}/{file}"), value)
        .unwrap_or_else(|e| panic!("{file} cannot be set to {value}: {e}"));
}
