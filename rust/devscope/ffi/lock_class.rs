// SPDX-License-Identifier: GPL-2.0

//! Lock classes of single locks.
//!
//! C header: [`include/linux/lockdep.h`](srctree/include/linux/lockdep.h)

use core::ptr::null_mut;
use kernel::{bindings, prelude::*};

#[cfg(CONFIG_LOCKDEP)]
use kernel::sync::{
    atomic::{Atomic, Relaxed},
    LockClassKey, //
};

/// The lock class of one lock, if there is lockdep with space for one.
///
/// For lockdep, all locks of one class are the same lock, so it reports a task that holds one and
/// takes another. If this is allowed, each lock needs a class of its own.
pub(super) struct LockClass(#[cfg(CONFIG_LOCKDEP)] Option<Pin<KBox<LockClassKey>>>);

#[cfg(not(CONFIG_LOCKDEP))]
impl LockClass {
    pub(super) fn new() -> Result<Self> {
        Ok(Self())
    }

    pub(super) fn key(&self) -> *mut bindings::lock_class_key {
        null_mut()
    }
}

/// The number of classes.
#[cfg(CONFIG_LOCKDEP)]
static TAKEN: Atomic<u32> = Atomic::new(0);

/// The maximum number of classes. Lockdep has space for some thousands of classes and dependencies,
/// and disables itself when it is full.
#[cfg(CONFIG_LOCKDEP)]
const MAX: u32 = 64;

#[cfg(CONFIG_LOCKDEP)]
impl LockClass {
    /// Creates a class. May sleep. Errors: `ENOMEM`.
    pub(super) fn new() -> Result<Self> {
        if TAKEN.fetch_add(1, Relaxed) >= MAX {
            TAKEN.fetch_sub(1, Relaxed);
            return Ok(Self(None));
        }
        let key = KBox::pin_init(LockClassKey::new_dynamic(), GFP_KERNEL);
        if key.is_err() {
            TAKEN.fetch_sub(1, Relaxed);
        }
        Ok(Self(Some(key?)))
    }

    /// Returns the key, which is valid for as long as this value, or null if there is no class.
    pub(super) fn key(&self) -> *mut bindings::lock_class_key {
        self.0.as_ref().map_or(null_mut(), |key| key.as_ptr())
    }
}

#[cfg(CONFIG_LOCKDEP)]
impl Drop for LockClass {
    /// Sleeps if there is a class.
    fn drop(&mut self) {
        if self.0.is_some() {
            TAKEN.fetch_sub(1, Relaxed);
        }
    }
}

/// A name and a lock class for it.
///
/// Lockdep requires that the name of a class has one address. Generic code is instantiated in each
/// driver, with string literals of its own; the static is shared by all.
#[doc(hidden)]
#[macro_export]
macro_rules! lock_class {
    ($name:literal) => {{
        static NAME: &::kernel::str::CStr = $name;
        (NAME, ::kernel::static_lock_class!())
    }};
}
