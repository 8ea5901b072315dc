// SPDX-License-Identifier: GPL-2.0
// UNSAFE: thin wrappers over C.

//! Thin wrappers of C functions that the kernel crate does not bind.

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

use kernel::{
    error::to_result,
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

/// The helpers of `rust/helpers`, by bindgen. Some are used by KUnit suites only.
#[cfg_attr(not(DEVSCOPE_KUNIT_TEST), allow(dead_code))]
#[allow(clippy::all, improper_ctypes, missing_docs, unreachable_pub)]
pub(crate) mod helpers {
    use kernel::{bindings::*, ffi};

    include!(env!("DEVSCOPE_BINDINGS"));
}

/// Fails if fault injection makes the next registration fail (see `rust/attach.c`). Not inlined
/// into other modules, since the C function is not exported.
#[inline(never)]
pub(crate) fn attach_step() -> Result {
    if cfg!(CONFIG_FUNCTION_ERROR_INJECTION) {
        // SAFETY: No preconditions.
        to_result(unsafe { helpers::devscope_attach_step() })?;
    }
    Ok(())
}

/// An RCU grace period, identified by the cookie of `get_state_synchronize_rcu()`.
pub(crate) struct GracePeriod(Atomic<usize>);

impl GracePeriod {
    pub(crate) fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Begins a grace period: readers after its end see the caller's earlier stores. This and the
    /// wait are not inlined into other modules, since the C functions are not exported.
    #[inline(never)]
    pub(crate) fn begin(&self) {
        // SAFETY: No preconditions.
        self.0
            .store(unsafe { helpers::devscope_grace_period() }, Relaxed);
    }

    /// Waits until the grace period has ended, if it has not. Sleeps.
    #[inline(never)]
    pub(crate) fn wait(&self) {
        // SAFETY: The caller may sleep.
        unsafe { helpers::devscope_wait_for_grace_period(self.0.load(Relaxed)) };
    }

    /// Returns the number of grace periods from `earlier` to this one.
    #[cfg(DEVSCOPE_KUNIT_TEST)]
    pub(crate) fn since(&self, earlier: &Self) -> usize {
        // The two lowest bits are the state of a grace period in progress.
        self.0.load(Relaxed).wrapping_sub(earlier.0.load(Relaxed)) >> 2
    }
}

/// Runs `f` with page faults disabled: a copy to or from missing user memory is then incomplete,
/// where it would sleep otherwise.
#[inline]
pub(crate) fn without_faults<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: No preconditions; undone below.
    unsafe { helpers::devscope_pagefault_disable() };
    let result = f();
    // SAFETY: Pairs with the call above, in the same task.
    unsafe { helpers::devscope_pagefault_enable() };
    result
}
