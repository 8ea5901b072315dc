// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C functions of each kind of chain.

//! The two kinds of chains, by the context of their handlers.

use crate::scope::{AtomicContext, ProcessContext};
use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey,
    types::Opaque, //
};

/// A context that the handlers of a chain run in: C has a kind of chain for each.
pub trait Kind: 'static {
    /// The chain's head, with its lock.
    type Head;

    fn init(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self::Head>;

    /// # Safety
    ///
    /// `head` is initialised. `block` is, and stays where it is until it is unregistered.
    unsafe fn register(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int;

    /// Waits for the calls that are under way.
    ///
    /// # Safety
    ///
    /// `head` is initialised, and `block` is on it.
    unsafe fn unregister(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int;

    /// # Safety
    ///
    /// `head` is initialised, and `event` is what its blocks take.
    unsafe fn call(head: &Self::Head, action: usize, event: *mut c_void) -> c_int;
}

/// A blocking chain: an rwsem is read while handlers run.
impl Kind for ProcessContext {
    type Head = Opaque<bindings::blocking_notifier_head>;

    fn init(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self::Head> {
        // As `BLOCKING_INIT_NOTIFIER_HEAD()` does.
        Opaque::ffi_init(move |slot: *mut bindings::blocking_notifier_head| {
            // SAFETY: `slot` is valid for writes; `name` and `key` live for ever.
            unsafe {
                bindings::__init_rwsem(&raw mut (*slot).rwsem, name.as_char_ptr(), key.as_ptr());
                (&raw mut (*slot).head).write(core::ptr::null_mut());
            }
        })
    }

    unsafe fn register(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int {
        // SAFETY: The caller passes an initialised head, and a block that is too, and stays where
        // it is until it is unregistered.
        unsafe { bindings::blocking_notifier_chain_register(head.get(), block) }
    }

    unsafe fn unregister(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int {
        // SAFETY: The caller passes an initialised head, and a block that is on it.
        unsafe { bindings::blocking_notifier_chain_unregister(head.get(), block) }
    }

    unsafe fn call(head: &Self::Head, action: usize, event: *mut c_void) -> c_int {
        // SAFETY: The caller passes an initialised head, and an event of the kind that its blocks
        // take.
        unsafe { bindings::blocking_notifier_call_chain(head.get(), action, event) }
    }
}

/// An atomic chain: handlers run under the RCU read lock; unregistering waits for a grace period.
impl Kind for AtomicContext {
    type Head = Opaque<bindings::atomic_notifier_head>;

    fn init(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self::Head> {
        // As `ATOMIC_INIT_NOTIFIER_HEAD()` does.
        Opaque::ffi_init(move |slot: *mut bindings::atomic_notifier_head| {
            // SAFETY: `slot` is valid for writes; `name` and `key` live for ever.
            unsafe {
                bindings::__spin_lock_init(&raw mut (*slot).lock, name.as_char_ptr(), key.as_ptr());
                (&raw mut (*slot).head).write(core::ptr::null_mut());
            }
        })
    }

    unsafe fn register(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int {
        // SAFETY: The caller passes an initialised head, and a block that is too, and stays where
        // it is until it is unregistered.
        unsafe { bindings::atomic_notifier_chain_register(head.get(), block) }
    }

    unsafe fn unregister(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int {
        // SAFETY: The caller passes an initialised head, and a block that is on it.
        unsafe { bindings::atomic_notifier_chain_unregister(head.get(), block) }
    }

    unsafe fn call(head: &Self::Head, action: usize, event: *mut c_void) -> c_int {
        // SAFETY: The caller passes an initialised head, and an event of the kind that its blocks
        // take.
        unsafe { bindings::atomic_notifier_call_chain(head.get(), action, event) }
    }
}
