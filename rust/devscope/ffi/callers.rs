// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands closures to C.

//! Callers that sleep in a driver in a wait that the framework does not know of.
//!
//! C source: `rust/callers.c`.

use super::helpers;
use core::ptr::{from_mut, from_ref};
use kernel::{bindings, prelude::*};

type IsEnded = unsafe extern "C" fn(*mut bindings::file, *const c_void) -> c_int;
type Drain = unsafe extern "C" fn(*mut c_void);

/// Runs `drain`. If it takes long, interrupts tasks that sleep in a system call on a file for which
/// `is_ended` is true: an interruptible sleep finds a signal pending. The file stays open until
/// `is_ended` returns, which may not sleep. Sleeps.
///
/// This does not find io_uring workers, tasks in io_submit(), tasks whose descriptor was closed
/// during the call, and programs with a system call table other than the native one and that of
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
    /// `data` is a `D`, which no other code uses.
    unsafe extern "C" fn call_drain<D: FnMut()>(data: *mut c_void) {
        // SAFETY: `data` is the `D` of `bring_out`, which C passes here, and which no other code
        // uses meanwhile.
        unsafe { (*data.cast::<D>())() }
    }

    // SAFETY: Each has the type that its function expects, and is valid until this returns; any
    // task may call the first one, and only this task calls the second.
    unsafe {
        bring_out_c(
            call_is_ended::<F>,
            from_ref(&is_ended).cast(),
            call_drain::<D>,
            from_mut(&mut drain).cast(),
        );
    }
}

/// Not inlined into other modules, since the C function is not exported.
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
