// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a backend for the kernel crate's locks.

//! Spinlocks that interrupts take, for callers with interrupts enabled; turns.
//!
//! [`SpinLockIrq::lock`](kernel::sync::SpinLockIrq) may be called in any context, so it saves the
//! state of interrupts and counts how often they are disabled: 32 instructions with the unlock,
//! where `spin_lock_irq()` and its unlock take 12. Code that may sleep has interrupts enabled, and
//! needs neither.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

pub(crate) mod turns;

pub use turns::Turns;

use crate::{ffi::helpers, scope::MaySleep};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        lock::{Backend, Guard, Lock},
        SpinLockIrq, //
    },
};

/// The guard of a lock that was taken with [`SpinLockIrqExt::lock_irq`].
pub(crate) type IrqGuard<'a, T> = Guard<'a, T, InterruptsOn>;

/// Methods of [`SpinLockIrq`] for contexts that may sleep.
pub trait SpinLockIrqExt<T: ?Sized> {
    /// Takes the lock in a context that may sleep: `spin_lock_irq()`. Interrupts are disabled while
    /// the guard exists, except on PREEMPT_RT, and enabled after that.
    ///
    /// A caller that has interrupts disabled already may not call this: the holder of another
    /// guard, or of a [`LocalInterruptDisabled`](kernel::interrupt::LocalInterruptDisabled), which
    /// uses `lock_with`. The types do not check this; a kernel with lockdep reports it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use card::CardFile;
    /// # fn f(scope: Scope<'_, CardFile>) {
    /// let event = scope.file().inbox.lock_irq(&scope).pop();
    /// # }
    /// ```
    fn lock_irq<'a>(&'a self, context: &'a impl MaySleep) -> IrqGuard<'a, T>;
}

impl<T: ?Sized> SpinLockIrqExt<T> for SpinLockIrq<T> {
    #[inline(always)]
    fn lock_irq<'a>(&'a self, _context: &'a impl MaySleep) -> IrqGuard<'a, T> {
        // SAFETY: The two types have the same layout and differ only in the functions that they
        // call; both disable interrupts while the lock is held.
        let lock = unsafe { &*(core::ptr::from_ref(self) as *const Lock<T, InterruptsOn>) };
        lock.lock()
    }
}

/// The backend of a `spinlock_t` that is taken with interrupts enabled. Not for use by drivers.
#[doc(hidden)]
pub struct InterruptsOn;

// SAFETY: A `spinlock_t` excludes others, whichever function takes it. `relock` is the default.
unsafe impl Backend for InterruptsOn {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(ptr: *mut Self::State, name: *const c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: The caller passes memory for the lock, which is valid for writes, and a name and
        // a key that live for ever.
        unsafe { bindings::__spin_lock_init(ptr, name, key) }
    }

    #[inline(always)]
    unsafe fn lock(ptr: *mut Self::State) {
        // SAFETY: The caller has the lock initialised, here or as that of a `SpinLockIrq`, which is
        // the same.
        unsafe { helpers::devscope_spin_lock_irq(ptr) }
    }

    #[inline(always)]
    unsafe fn unlock(ptr: *mut Self::State, _state: &()) {
        // SAFETY: The caller owns the lock.
        unsafe { helpers::devscope_spin_unlock_irq(ptr) }
    }

    unsafe fn try_lock(ptr: *mut Self::State) -> Option<()> {
        // SAFETY: The caller has the lock initialised, here or as that of a `SpinLockIrq`, which is
        // the same.
        unsafe { helpers::devscope_spin_trylock_irq(ptr) }.then_some(())
    }

    #[inline(always)]
    unsafe fn assert_is_held(ptr: *mut Self::State) {
        // SAFETY: The caller has the lock initialised, here or as that of a `SpinLockIrq`, which is
        // the same.
        unsafe { bindings::spin_assert_is_held(ptr) }
    }
}
