// SPDX-License-Identifier: GPL-2.0

//! Faults that the kernel injects on demand, one at a time.
//!
//! [`for_each_failure`] makes each possible failure of an action happen in turn. A [`Fault`] is
//! what fails: an allocation of this task, or a kernel function.

use crate::effort;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{open, Mode, OFlags},
    io::{pread, write},
};
use std::fs;

const DEBUGFS: &str = "/sys/kernel/debug";

/// The limit for the failures of an action: with more, it is in an endless loop.
const MOST: u32 = 5000;

/// An event that occurs repeatedly, and can be made to fail once.
pub trait Fault {
    /// Makes the `n`th occurrence from now fail, counted from 1.
    fn arm(&self, n: u32);

    /// Stops injection. Returns whether the failure has occurred.
    fn disarm(&self) -> bool;
}

/// Runs `action` with the first occurrence failing, then with the second, and so on, until it ends
/// before a failure. `check` gets the result of each run, and restores the initial state, without
/// injection.
///
/// The action must not allocate memory in user space: a failure would abort the program. It is
/// first run without injection, so that its own pages are present. Returns the number of failures.
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

/// The kernel's allocations of one kind for the thread that created this.
///
/// One kind at a time: a slab occasionally needs a new page, which would change the numbers of all
/// later allocations from run to run.
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
        // Excludes the other kind: no cache is marked for the filter, and no order is so high.
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
        // If it could not create an entry, the kernel warns when it removes it.
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

/// Calls of a kernel function that is marked with `ALLOW_ERROR_INJECTION`, by any task.
///
/// `fail-nth` does not apply to them: the breakpoint is handled like an NMI, outside of any task.
pub struct Function(&'static str);

impl Function {
    /// The function `name`, which returns this (negative) number when it fails.
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

/// The addresses of the code of a kernel function.
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
