// SPDX-License-Identifier: GPL-2.0
// UNSAFE: passes a closure through C.

//! Code of drivers that an exiting task comes to.
//!
//! The last close at the exit of a process is done when it has no table of files any more. Nor has
//! it a file system context, or memory. Not all safe code of the kernel crate looks at that:
//! `LocalFile::fget()` follows `current->files`.

use super::helpers;
use core::ptr::from_mut;
use kernel::{prelude::*, task::Task};

/// Calls `f` in a task that has a table of files: this one or, where it is exiting, a worker of the
/// kernel, for which it waits. Sleeps.
#[inline]
pub(crate) fn with_files<F: FnOnce() + Send>(f: F) {
    // SAFETY: The current task is there, and no other one changes the field.
    if !unsafe { (*Task::current_raw()).files.is_null() } {
        return f();
    }
    let mut f = Some(f);
    run_on_worker(call::<F>, from_mut(&mut f).cast());
}

/// Stays in this module, since what it calls is not exported.
#[cold]
#[inline(never)]
fn run_on_worker(run: unsafe extern "C" fn(*mut c_void), data: *mut c_void) {
    // SAFETY: `with_files` passes what `run` asks for. It is there until the function returns, and
    // may be sent to the worker.
    unsafe { helpers::devscope_run_on_worker(Some(run), data) };
}

/// # Safety
///
/// `f` points to an `Option<F>` that nobody else uses.
unsafe extern "C" fn call<F: FnOnce()>(f: *mut c_void) {
    // SAFETY: `f` points to the `Option<F>` of `with_files`, which does not use it before this has
    // returned.
    if let Some(f) = unsafe { (*f.cast::<Option<F>>()).take() } {
        f();
    }
}
