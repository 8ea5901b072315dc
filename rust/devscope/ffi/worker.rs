// SPDX-License-Identifier: GPL-2.0
// UNSAFE: passes a closure through C.

//! Code of drivers that an exiting task would run.
//!
//! At the last close during the exit of a process, the task has no descriptor table, no file system
//! context and no memory any more. Not all safe code of the kernel crate checks this:
//! `LocalFile::fget()` dereferences `current->files`.

use super::helpers;
use core::ptr::from_mut;
use kernel::{prelude::*, task::Task};

/// Calls `f` in a task that has a descriptor table: this one or, if it is exiting, a kernel worker,
/// for which this waits. Sleeps.
#[inline]
pub(crate) fn with_files<F: FnOnce() + Send>(f: F) {
    // SAFETY: The current task is valid, and no other task changes the field.
    if !unsafe { (*Task::current_raw()).files.is_null() } {
        return f();
    }
    let mut f = Some(f);
    run_on_worker(call::<F>, from_mut(&mut f).cast());
}

/// Not inlined into other modules, since the C function is not exported.
#[cold]
#[inline(never)]
fn run_on_worker(run: unsafe extern "C" fn(*mut c_void), data: *mut c_void) {
    // SAFETY: `with_files` passes the data that `run` requires. It is valid until the function
    // returns, and may be sent to the worker.
    unsafe { helpers::devscope_run_on_worker(Some(run), data) };
}

/// # Safety
///
/// `f` points to an `Option<F>` that no other code uses.
unsafe extern "C" fn call<F: FnOnce()>(f: *mut c_void) {
    // SAFETY: `f` points to the `Option<F>` of `with_files`, which does not use it before this has
    // returned.
    if let Some(f) = unsafe { (*f.cast::<Option<F>>()).take() } {
        f();
    }
}
