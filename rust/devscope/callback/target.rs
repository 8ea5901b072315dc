// SPDX-License-Identifier: GPL-2.0
// UNSAFE: remembers the data that an item is registered with.

//! How an item of the shared data becomes live, and finds the data that its callback is given.

use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    ffi::synchronize_rcu,
    scope::CallbackScope, //
};
use core::ptr::{null_mut, NonNull};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        rcu, //
    },
    types::ForLt, //
};

/// Empty until the item is registered, which happens once. `X` is what else the kind of item needs
/// to be started.
pub(super) struct Target<F: ForLt + 'static, X = ()> {
    data: Atomic<*mut DeviceData<F>>,
    /// Not null while the item is live.
    live: Atomic<*mut X>,
}

impl<F: ForLt + 'static, X> Target<F, X> {
    pub(super) const fn new() -> Self {
        Self {
            data: Atomic::new(null_mut()),
            live: Atomic::new(null_mut()),
        }
    }

    /// Fills the target of `item`, which is live from then on, until it is stopped in its turn.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it was registered before.
    /// - `ENOMEM`.
    pub(super) fn register<'bound, I: Stop>(
        &self,
        binding: &mut Binding<'bound>,
        item: &'static I,
        data: Shared<'bound, F>,
        extra: NonNull<X>,
    ) -> Result {
        binding
            .attach(try_init!(Live {
                item: {
                    self.fill(data, extra)?;
                    item
                },
            }))
            .map(drop)
    }

    fn fill(&self, data: Shared<'_, F>, extra: NonNull<X>) -> Result {
        let data = data.as_ptr().as_ptr();
        if self.data.cmpxchg(null_mut(), data, Full).is_err() {
            return Err(EBUSY);
        }
        self.live.store(extra.as_ptr(), Release);
        Ok(())
    }

    /// What the item is started with, if it is live. It may end meanwhile.
    #[inline]
    pub(super) fn live(&self) -> Option<NonNull<X>> {
        NonNull::new(self.live.load(Acquire))
    }

    /// Has the item live no more, for code that looks from now on.
    pub(super) fn end(&self) {
        self.live.store(null_mut(), Relaxed);
    }

    /// Runs `f`, if the item is live; it stays so meanwhile. In any context.
    #[inline]
    pub(super) fn while_live<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        let _reader = rcu::read_lock();
        self.live().map(|_| f())
    }

    /// As [`Self::end`], and waits for those in [`Self::while_live`]: for a kind of item that
    /// cannot be told to refuse. Sleeps.
    pub(super) fn end_sync(&self) {
        self.end();
        synchronize_rcu();
    }

    /// The data.
    ///
    /// # Safety
    ///
    /// The target is filled, and the registration that filled it is not dropped while the reference
    /// lives.
    #[inline(always)]
    pub(super) unsafe fn data(&self) -> &DeviceData<F> {
        // SAFETY: By the safety requirement, `fill` has put it there, and a registration is dropped
        // before the data that it was made with.
        unsafe { &*self.data.load(Relaxed) }
    }
}

/// An item that can be ended for good.
pub(super) trait Stop: Sync + 'static {
    /// Ends it, and waits for its callback. It cannot be started again. Sleeps.
    fn stop(&self);
}

/// A live item, to be stopped in its turn. `'static` stands for the time that the data is there.
struct Live<I: Stop> {
    item: &'static I,
}

impl<I: Stop> Drop for Live<I> {
    fn drop(&mut self) {
        self.item.stop();
    }
}

impl<I: Stop> Attachment for Live<I> {}

impl<F: ForLt + 'static> Shared<'_, F> {
    /// The scope of a callback, for the abstraction of a subsystem that calls back.
    ///
    /// # Safety
    ///
    /// The caller is a callback in context `C` of something that the same binding keeps, and that
    /// when dropped waits for the callback.
    #[inline(always)]
    pub unsafe fn scope<'a, C>(self) -> CallbackScope<'a, F, C> {
        // SAFETY: By the safety requirement, the data is there until the callback returns.
        CallbackScope::new(unsafe { self.as_ptr().as_ref() })
    }
}
