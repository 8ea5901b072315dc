// SPDX-License-Identifier: GPL-2.0
// UNSAFE: remembers the data that an item is registered with.

//! What work, timers and `irq_work` have in common: how an item of the shared data becomes live,
//! finds the data that its handler is given, and ends.

use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    ffi::GracePeriod,
    scope::{AtomicContext, CallbackScope}, //
};
use core::ptr::{null_mut, NonNull};
use kernel::{
    container_of,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        rcu, //
    },
    types::{ForLt, Opaque}, //
};

/// A handler of items that are an `R` in C, called in context `C`. Each kind of item implements
/// this for all that implement its own `Handler`; only this crate knows of any kind.
///
/// # Safety
///
/// - An `R` may be used by any thread.
/// - After `stop`, the handler does not run, and nothing has it run again.
pub unsafe trait Kind<R, C>: Sized + 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;
    /// What else is needed to start an item.
    type With;

    /// Whether C cannot be told to refuse a start. Then all starts are made in
    /// [`Item::while_live`], and an item is stopped when nobody is in there any more.
    const STARTS_AFTER_STOP: bool = false;

    /// Stops an item that has ended, and waits for its handler. It cannot be started again. Sleeps.
    fn stop(item: &Item<Self, R, C>);
}

/// Something that has a handler called: an `R` in C, as a field of the data that the driver shares.
/// Each kind has a name of its own, such as [`Timer`](super::timer::Timer).
///
/// # Invariants
///
/// `raw` is initialised. It is started only while the item is live: after it was registered, and
/// before the registration is dropped. What `live` points to is there for that time.
#[pin_data]
pub struct Item<H, R, C = AtomicContext>
where
    H: Kind<R, C>,
{
    /// Null until the item is registered, which happens once.
    data: Atomic<*mut DeviceData<H::Device>>,
    /// Not null while the item is live.
    live: Atomic<*mut H::With>,
    #[pin]
    raw: Opaque<R>,
}

// SAFETY: An `R` may be used by any thread, as `Kind` requires.
unsafe impl<H: Kind<R, C>, R, C> Send for Item<H, R, C> {}
// SAFETY: An `R` may be used by any thread, as `Kind` requires.
unsafe impl<H: Kind<R, C>, R, C> Sync for Item<H, R, C> {}

impl<H: Kind<R, C>, R, C> Item<H, R, C> {
    /// Creates an item that is not live yet.
    ///
    /// # Safety
    ///
    /// `init` initialises what it is given, which is valid for writes and stays where it is.
    pub(super) unsafe fn init(init: impl FnOnce(*mut R)) -> impl PinInit<Self> {
        pin_init!(Self {
            data: Atomic::new(null_mut()),
            live: Atomic::new(null_mut()),
            // INVARIANT: The caller's `init` initialises it, and the item is not live yet.
            raw <- Opaque::ffi_init(init),
        })
    }

    pub(super) fn as_raw(&self) -> *mut R {
        self.raw.get()
    }

    /// What the item is started with, if it is live. It may end meanwhile.
    #[inline]
    pub(super) fn live(&self) -> Option<NonNull<H::With>> {
        NonNull::new(self.live.load(Acquire))
    }

    /// Runs `f`, if the item is live; it stays so meanwhile. In any context.
    #[inline]
    pub(super) fn while_live<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        let _reader = rcu::read_lock();
        self.live().map(|_| f())
    }

    /// Has the item live no more, for code that looks from now on.
    fn end(&self) {
        self.live.store(null_mut(), Relaxed);
    }

    /// The item that C calls the handler of.
    ///
    /// # Safety
    ///
    /// `raw` is that of an item, which is there while the reference lives.
    #[inline(always)]
    pub(super) unsafe fn from_raw<'a>(raw: *mut R) -> &'a Self {
        // SAFETY: The caller passes the `raw` of an item, which is there while the reference lives.
        unsafe { &*container_of!(Opaque::cast_from(raw), Self, raw) }
    }

    /// What the handler is given.
    ///
    /// # Safety
    ///
    /// The item is registered, and `stop` waits for the caller.
    #[inline(always)]
    pub(super) unsafe fn scope(&self) -> CallbackScope<'_, H::Device, C> {
        // SAFETY: The item is registered, so `register` has put the address there. `stop` waits for
        // the caller: the registration is still there, and is dropped before the data that it was
        // made with.
        CallbackScope::new(unsafe { &*self.data.load(Relaxed) })
    }
}

/// Makes an item live until unbind, to be started with `with`, which is there until then. `item`
/// names it in the data. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the item was registered before.
/// - `ENOMEM`.
pub(super) fn register<'bound, H: Kind<R, C>, R: 'static, C: 'static>(
    binding: &mut Binding<'bound>,
    with: NonNull<H::With>,
    data: Shared<'bound, H::Device>,
    item: impl for<'a, 'b> FnOnce(&'a <H::Device as ForLt>::Of<'b>) -> &'a Item<H, R, C>,
) -> Result {
    // SAFETY: The data is dropped after the registration.
    let item = unsafe { data.project(item) };
    let data = data.as_ptr().as_ptr();
    binding
        .attach(try_init!(Live {
            item: {
                item.data.cmpxchg(null_mut(), data, Full).or(Err(EBUSY))?;
                item.live.store(with.as_ptr(), Release);
                item
            },
            starts_over: GracePeriod::new(),
        }))
        .map(drop)
}

/// A live item, to be stopped in its turn. `'static` stands for the time that the data is there.
struct Live<H: Kind<R, C>, R: 'static, C: 'static> {
    item: &'static Item<H, R, C>,
    /// Of an item that has ended, where starts have to be waited for: nobody starts it after this.
    starts_over: GracePeriod,
}

impl<H: Kind<R, C>, R: 'static, C: 'static> Drop for Live<H, R, C> {
    fn drop(&mut self) {
        match self.refuse() {
            true => self.starts_over.wait(),
            false => self.item.end(),
        }
        H::stop(self.item);
    }
}

impl<H: Kind<R, C>, R: 'static, C: 'static> Attachment for Live<H, R, C> {
    fn refuse(&self) -> bool {
        if H::STARTS_AFTER_STOP && self.item.live().is_some() {
            self.item.end();
            self.starts_over.begin();
        }
        H::STARTS_AFTER_STOP
    }
}

impl<F: ForLt + 'static> Shared<'_, F> {
    /// The scope of a callback, for the abstraction of a subsystem that calls back.
    ///
    /// # Safety
    ///
    /// The caller is a callback in context `C` of something that the same binding keeps, and that
    /// when dropped waits for the callback.
    #[inline(always)]
    pub unsafe fn scope<'a, C>(self) -> CallbackScope<'a, F, C> {
        // SAFETY: What calls back waits for the callback when it is dropped. The same binding keeps
        // it, and drops it before the data.
        CallbackScope::new(unsafe { self.as_ptr().as_ref() })
    }
}
