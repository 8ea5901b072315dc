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

/// The context of the handlers of a chain. C has one kind of chain for each context.
pub trait Kind: 'static {
    /// The head of the chain, with its lock.
    type Head;

    fn init(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self::Head>;

    /// # Safety
    ///
    /// `head` and `block` are initialised. `block` is not moved until it is unregistered.
    unsafe fn register(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int;

    /// Waits for running calls of the chain.
    ///
    /// # Safety
    ///
    /// `head` is initialised, and `block` is on it.
    unsafe fn unregister(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int;

    /// # Safety
    ///
    /// `head` is initialised, and `event` is of the type that its blocks take.
    unsafe fn call(head: &Self::Head, action: usize, event: *mut c_void) -> c_int;
}

/// A blocking chain: handlers run under a read lock of an rwsem.
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
        // SAFETY: The caller passes an initialised head and an initialised block, which is not
        // moved until it is unregistered.
        unsafe { bindings::blocking_notifier_chain_register(head.get(), block) }
    }

    unsafe fn unregister(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int {
        // SAFETY: The caller passes an initialised head, and a block that is on it.
        unsafe { bindings::blocking_notifier_chain_unregister(head.get(), block) }
    }

    unsafe fn call(head: &Self::Head, action: usize, event: *mut c_void) -> c_int {
        // SAFETY: The caller passes an initialised head, and an event of the type that its blocks
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
        // SAFETY: The caller passes an initialised head and an initialised block, which is not
        // moved until it is unregistered.
        unsafe { bindings::atomic_notifier_chain_register(head.get(), block) }
    }

    unsafe fn unregister(head: &Self::Head, block: *mut bindings::notifier_block) -> c_int {
        // SAFETY: The caller passes an initialised head, and a block that is on it.
        unsafe { bindings::atomic_notifier_chain_unregister(head.get(), block) }
    }

    unsafe fn call(head: &Self::Head, action: usize, event: *mut c_void) -> c_int {
        // SAFETY: The caller passes an initialised head, and an event of the type that its blocks
        // take.
        unsafe { bindings::atomic_notifier_call_chain(head.get(), action, event) }
    }
}
