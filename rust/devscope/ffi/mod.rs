// SPDX-License-Identifier: GPL-2.0
// UNSAFE: thin wrappers over C.

//! Thin wrappers over what the kernel crate does not bind.

pub(crate) mod pci;
pub(crate) mod sleeper;
pub(crate) mod srcu;
pub(crate) mod user;

/// The helpers of `rust/helpers`, by bindgen.
#[allow(clippy::all, improper_ctypes, missing_docs, unreachable_pub)]
pub(crate) mod helpers {
    use kernel::{bindings::*, ffi};

    include!(env!("DEVSCOPE_BINDINGS"));
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
