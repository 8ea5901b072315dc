// SPDX-License-Identifier: GPL-2.0
// UNSAFE: thin wrappers over C.

//! Thin wrappers over what the kernel crate does not bind.

#[cfg(CONFIG_BLOCK)]
pub(crate) mod block;
mod callers;
pub(crate) mod device;
pub(crate) mod handout;
mod lock_class;
pub(crate) mod mappings;
pub(crate) mod pci;
pub(crate) mod srcu;
mod worker;

pub(crate) use callers::bring_out;
pub(crate) use worker::with_files;

use kernel::{error::to_result, prelude::*};

/// The helpers of `rust/helpers`, by bindgen. KUnit suites have some that nothing else has.
#[cfg_attr(not(DEVSCOPE_KUNIT_TEST), allow(dead_code))]
#[allow(clippy::all, improper_ctypes, missing_docs, unreachable_pub)]
pub(crate) mod helpers {
    use kernel::{bindings::*, ffi};

    include!(env!("DEVSCOPE_BINDINGS"));
}

/// Fails if fault injection wants the next registration to fail (see `rust/attach.c`). Stays in
/// this module, since what it calls is not exported.
#[inline(never)]
pub(crate) fn attach_step() -> Result {
    if cfg!(CONFIG_FUNCTION_ERROR_INJECTION) {
        // SAFETY: No preconditions.
        to_result(unsafe { helpers::devscope_attach_step() })?;
    }
    Ok(())
}

/// Waits until everybody who reads under RCU by now is done. Sleeps. Stays in this module, since
/// what it calls is not exported.
#[inline(never)]
pub(crate) fn synchronize_rcu() {
    // SAFETY: The caller may sleep.
    unsafe { helpers::devscope_synchronize_rcu() };
}

/// Runs `f` with page faults disabled: a copy to or from user memory that is not there comes up
/// short in it, where it would sleep otherwise.
#[inline]
pub(crate) fn without_faults<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: No preconditions; undone below.
    unsafe { helpers::devscope_pagefault_disable() };
    let result = f();
    // SAFETY: Pairs with the call above, in the same task.
    unsafe { helpers::devscope_pagefault_enable() };
    result
}
