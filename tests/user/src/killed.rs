// SPDX-License-Identifier: GPL-2.0

//! Kills a process at each step of its calls in the kernel, one step after the other.

use crate::{
    child::{Child, End},
    effort,
    module::{load, unload},
    wait_until, HANG,
};
use std::{collections::BTreeSet, fs, process};

/// The module that does it.
const MODULE: &str = "testkill";

/// The limit for steps: with more, the process is in an endless loop.
const MOST: u32 = 20_000;

/// The kernel functions that count as steps: of memory, locks, devices, files and notifications.
/// The kernel's configuration determines which of them exist.
const STEPS: &[&str] = &[
    "__kmalloc_cache_noprof",
    "__kmalloc_noprof",
    "__kmalloc_node_track_caller_noprof",
    "kmem_cache_alloc_noprof",
    "kmem_cache_alloc_lru_noprof",
    "kmem_cache_alloc_node_noprof",
    "mutex_lock",
    "mutex_lock_nested",
    "down_read",
    "down_write",
    "wait_for_completion",
    "synchronize_srcu",
    "flush_work",
    "device_add",
    "device_del",
    "device_add_disk",
    "del_gendisk",
    "kobject_uevent_env",
    "blk_mq_alloc_tag_set",
    "do_dentry_open",
    "get_unused_fd_flags",
    "fd_install",
    "_copy_to_user",
    "filp_flush",
    "__fput",
    "task_work_run",
];

/// The steps, counted while this lives.
struct Steps;

impl Steps {
    fn new() -> Self {
        let text = fs::read_to_string("/proc/kallsyms").expect("CONFIG_KALLSYMS");
        let known: BTreeSet<_> = text.lines().filter_map(|l| l.split(' ').nth(2)).collect();
        let steps: Vec<_> = STEPS
            .iter()
            .copied()
            .filter(|s| known.contains(s))
            .collect();
        assert!(
            steps.len() > STEPS.len() / 2,
            "the kernel has {steps:?} only"
        );
        load(MODULE, &format!("steps={}", steps.join(","))).expect("insmod testkill");
        Self
    }

    /// Makes the `n`th step from now kill this process, which has one thread.
    fn kill_at(n: u32) {
        let set = |name, value: u32| {
            let file = format!("/sys/module/{MODULE}/parameters/{name}");
            fs::write(&file, value.to_string()).unwrap_or_else(|e| panic!("{file}: {e}"));
        };
        set("pid", process::id());
        set("left", n);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if !wait_until(HANG, || unload(MODULE).is_ok()) {
            eprintln!("rmmod {MODULE}: it is in use");
        }
    }
}

/// Runs `action` in a process that is killed at its first step, then in one that is killed at the
/// second, and so on, until a process has finished it. The short form does this for [one
/// step](effort::some_of) of `one_of`. Calls `check` after each. Returns the number of steps.
///
/// # Panics
///
/// If a process ends in another way, or does not end.
pub fn at_each_step(one_of: usize, action: impl Fn(), mut check: impl FnMut()) -> u32 {
    let _steps = Steps::new();
    let (first, one_of) = effort::some_of(one_of);
    for n in (1 + first as u32..MOST).step_by(one_of) {
        let child = Child::fork(|| {
            Steps::kill_at(n);
            action();
            0
        });
        let end = child.wait();
        check();
        match end {
            End::Signal(libc::SIGKILL) => {}
            End::Exit(0) => return n - 1,
            end => panic!("{end:?}, at step {n}"),
        }
    }
    panic!("still a step after {MOST} of them");
}
