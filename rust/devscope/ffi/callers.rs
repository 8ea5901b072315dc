// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands closures to C.

//! Callers that sleep inside of a driver in a wait that the framework does not see.
//!
//! C source: `rust/callers.c`.

use super::helpers;
use core::ptr::{from_mut, from_ref};
use kernel::{bindings, prelude::*};

type IsEnded = unsafe extern "C" fn(*mut bindings::file, *const c_void) -> c_int;
type Drain = unsafe extern "C" fn(*mut c_void);

/// Runs `drain`. Where that takes long, interrupts tasks that sleep in a system call on a file of
/// which `is_ended` is true: in an interruptible sleep they find a signal pending. `is_ended` is
/// given a file that is open until it returns, and may not sleep. Sleeps.
///
/// Not found are the workers of io_uring, who is in io_submit(), a task whose descriptor was closed
/// while it was in the call, and programs with another table of calls than that of the kernel or of
/// i386.
pub(crate) fn bring_out<F, D>(is_ended: F, mut drain: D)
where
    F: Fn(*mut bindings::file) -> bool + Sync,
    D: FnMut(),
{
    /// # Safety
    ///
    /// `file` is open until this returns, and `arg` is an `F`.
    unsafe extern "C" fn call_is_ended<F: Fn(*mut bindings::file) -> bool>(
        file: *mut bindings::file,
        arg: *const c_void,
    ) -> c_int {
        // SAFETY: `arg` is the `F` of `bring_out`, which any task may call. C has found the file in
        // a table whose lock it holds, so it is open until this returns.
        unsafe { (*arg.cast::<F>())(file) }.into()
    }

    /// # Safety
    ///
    /// `data` is a `D`, which nobody else uses.
    unsafe extern "C" fn call_drain<D: FnMut()>(data: *mut c_void) {
        // SAFETY: `data` is the `D` of `bring_out`, which C calls here, and which nobody else uses
        // meanwhile.
        unsafe { (*data.cast::<D>())() }
    }

    // SAFETY: Each has the type that its function expects, and is there until this returns; any
    // task may call the first one, and this one alone calls the second.
    unsafe {
        bring_out_c(
            call_is_ended::<F>,
            from_ref(&is_ended).cast(),
            call_drain::<D>,
            from_mut(&mut drain).cast(),
        );
    }
}

/// Stays in this module, since what it calls is not exported.
///
/// # Safety
///
/// Until this returns, `is_ended` may be called by any task with `arg` and with a file that is
/// open, and `drain` by this task with `data`.
#[inline(never)]
unsafe fn bring_out_c(is_ended: IsEnded, arg: *const c_void, drain: Drain, data: *mut c_void) {
    // SAFETY: Until this returns, C calls `is_ended` with `arg` and files that are open, and
    // `drain` with `data` in this task, as the caller allows. The caller may sleep.
    unsafe { helpers::devscope_bring_out(Some(is_ended), arg, Some(drain), data) };
}
