// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps SRCU-fast.

//! SRCU with readers that write no shared cache line.
//!
//! C header: [`include/linux/srcu.h`](srctree/include/linux/srcu.h)

use super::{helpers, lock_class::LockClass};
use core::marker::PhantomData;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    types::Opaque, //
};

/// An SRCU domain of the "fast" flavour.
///
/// A reader counts itself in a per-CPU variable with one instruction. In return, the grace period
/// is slower: it waits for RCU instead of using memory barriers.
///
/// # Invariants
///
/// Holds a `struct srcu_struct` that `init_srcu_struct_fast()` initialised, until it is dropped.
#[pin_data(PinnedDrop)]
pub(crate) struct SrcuFast {
    #[pin]
    inner: Opaque<bindings::srcu_struct>,
    /// Dropped after `inner` is gone.
    class: LockClass,
}

/// A reader in its section. Dropping it ends the section.
///
/// It has the address of the counter, and so belongs on the reader's stack: a reader may leave on
/// another CPU than it entered on.
///
/// # Invariants
///
/// `counter` was returned by `srcu_read_lock_fast()` on `domain`, and not passed to the unlock. It
/// may not be dereferenced: it is an offset in per-CPU memory, or a number, which may be 0, with
/// `CONFIG_TINY_SRCU`.
#[must_use = "dropping it leaves the section"]
pub(crate) struct Reader<'a> {
    domain: &'a SrcuFast,
    counter: *mut bindings::srcu_ctr,
    /// A reader leaves in the task in which it entered.
    _not_send: PhantomData<*mut ()>,
}

impl SrcuFast {
    /// Creates a domain. May sleep. For lockdep, it is a lock called `name`, with a class of its
    /// own. Errors: `ENOMEM`.
    pub(crate) fn new(name: &'static CStr) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            class: LockClass::new()?,
            // INVARIANT: On success, the C function has initialised the domain.
            inner <- {
                let key = class.key();
                Opaque::try_ffi_init(move |slot: *mut bindings::srcu_struct| {
                    // SAFETY: `slot` is valid for writes and pinned; `name` lives for ever. `key`
                    // is null, or that of a class that is dropped after the domain is cleaned up.
                    to_result(unsafe {
                        helpers::devscope_init_srcu_fast(slot, name.as_char_ptr(), key)
                    })
                })
            },
        })
    }

    /// Enters a read-side section, in which the caller may sleep. In process context.
    #[inline(always)]
    pub(crate) fn read_lock(&self) -> Reader<'_> {
        // SAFETY: By the type invariant, the domain is initialised.
        let counter = unsafe { helpers::devscope_srcu_read_lock_fast(self.inner.get()) };
        // INVARIANT: Just returned by the lock function.
        Reader {
            domain: self,
            counter,
            _not_send: PhantomData,
        }
    }

    /// Waits until every section that began before has ended. Sleeps. Not inlined into other
    /// modules, since the C function is not exported.
    #[inline(never)]
    pub(crate) fn synchronize(&self) {
        // SAFETY: By the type invariant, the domain is initialised.
        unsafe { helpers::devscope_synchronize_srcu(self.inner.get()) };
    }
}

impl Drop for Reader<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: By the type invariants, `counter` is from this domain and not passed to the
        // unlock yet; it is not used again.
        unsafe { helpers::devscope_srcu_read_unlock_fast(self.domain.inner.get(), self.counter) };
    }
}

#[pinned_drop]
impl PinnedDrop for SrcuFast {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant, the domain is initialised. It has no callbacks, since
        // there is no `call_srcu()`, and no reader any more, since readers borrow it. If a reader
        // was leaked, C reports this, and leaks the counters.
        unsafe { bindings::cleanup_srcu_struct(self.inner.get()) };
    }
}

// SAFETY: An SRCU domain is made for use by many threads, and may be freed by any.
unsafe impl Send for SrcuFast {}
// SAFETY: An SRCU domain is made for use by many threads, and may be freed by any.
unsafe impl Sync for SrcuFast {}
