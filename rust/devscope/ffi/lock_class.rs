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

/// The class of one lock, where there is lockdep and room for one.
///
/// Lockdep takes locks of one class for one lock, and so reports a task that has one and takes
/// another. Where that is nothing bad, each needs a class of its own.
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

/// How many there are.
#[cfg(CONFIG_LOCKDEP)]
static TAKEN: Atomic<u32> = Atomic::new(0);

/// How many there may be. Lockdep has room for some thousands of classes, and of orders in which
/// they were seen, and turns itself off when it is full.
#[cfg(CONFIG_LOCKDEP)]
const MAX: u32 = 64;

#[cfg(CONFIG_LOCKDEP)]
impl LockClass {
    /// May sleep. Errors: `ENOMEM`.
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

    /// Its key, which is good for as long as this value is there; null where there is no class.
    pub(super) fn key(&self) -> *mut bindings::lock_class_key {
        self.0.as_ref().map_or(null_mut(), |key| key.as_ptr())
    }
}

#[cfg(CONFIG_LOCKDEP)]
impl Drop for LockClass {
    /// Sleeps, where there is a class.
    fn drop(&mut self) {
        if self.0.is_some() {
            TAKEN.fetch_sub(1, Relaxed);
        }
    }
}

/// A name and a lock class for it.
///
/// Lockdep takes it that a class has one name, at one address. Generic code is instantiated in each
/// driver, with string literals of its own; a static is one for all.
#[doc(hidden)]
#[macro_export]
macro_rules! lock_class {
    ($name:literal) => {{
        static NAME: &::kernel::str::CStr = $name;
        (NAME, ::kernel::static_lock_class!())
    }};
}
