// SPDX-License-Identifier: GPL-2.0
// UNSAFE: remembers the data that an item is registered with.

//! The common part of work, timers and `irq_work`: how an item of the shared data becomes live,
//! finds the data for its handler, and ends.

use super::Handler;
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
        rcu,
        LockClassKey, //
    },
    types::{ForLt, Opaque}, //
};

/// Lock classes of an item: for the work or the timer, and for the timer in delayed work.
pub(super) type Keys = [Pin<&'static LockClassKey>; 2];

/// A C structure with a function that is called in context `C`, such as `struct work_struct`. Only
/// this crate implements it.
///
/// # Safety
///
/// - It may be used by any thread.
/// - After `stop`, the function does not run. Unless `STARTS_AFTER_STOP`, nothing starts it again.
pub unsafe trait Kind<C>: Sized + 'static {
    /// What a start needs in addition.
    type With;

    /// Whether C has no way to refuse a start. If so, all starts are within [`Item::while_live`],
    /// and `stop` is called when no task is in it any more.
    const STARTS_AFTER_STOP: bool = false;

    /// Initialises the structure. Its function calls [`Item::run`].
    ///
    /// # Safety
    ///
    /// `raw` is the field of an `Item<H, Self, C>`. It is valid for writes and pinned.
    unsafe fn init<H: Handler<C>>(raw: *mut Self, name: &'static CStr, keys: Keys);

    /// Cancels a start and waits for the function. Sleeps.
    ///
    /// # Safety
    ///
    /// `raw` is initialised. If `STARTS_AFTER_STOP`, nothing starts it any more.
    unsafe fn stop(raw: *mut Self);
}

/// A field of the shared data, by which the driver starts a handler. In C, it is an `R`. Each kind
/// has a name of its own, such as [`Timer`](super::Timer). Create one with
/// [`new_item!`](crate::new_item).
///
/// # Invariants
///
/// `raw` is initialised. It is started only while the item is live: after its registration, and
/// before the registration is dropped. `live` points to a valid value for this time.
#[pin_data]
pub struct Item<H, R, C = AtomicContext>
where
    H: Handler<C>,
    R: Kind<C>,
{
    /// Null until the item is registered. It is registered at most once.
    data: Atomic<*mut DeviceData<H::Device>>,
    /// Not null while the item is live.
    live: Atomic<*mut R::With>,
    #[pin]
    raw: Opaque<R>,
}

// SAFETY: An `R` may be used by any thread, as `Kind` requires.
unsafe impl<H: Handler<C>, R: Kind<C>, C> Send for Item<H, R, C> {}
// SAFETY: An `R` may be used by any thread, as `Kind` requires.
unsafe impl<H: Handler<C>, R: Kind<C>, C> Sync for Item<H, R, C> {}

impl<H: Handler<C>, R: Kind<C>, C> Item<H, R, C> {
    /// Creates an item that is not live yet. Drivers use [`new_item!`](crate::new_item).
    #[doc(hidden)]
    pub fn new(name: &'static CStr, keys: [Pin<&'static LockClassKey>; 2]) -> impl PinInit<Self> {
        pin_init!(Self {
            data: Atomic::new(null_mut()),
            live: Atomic::new(null_mut()),
            // INVARIANT: `init` initialises it, and the item is not live yet.
            // SAFETY: This is the field of an `Item`, and pinned.
            raw <- Opaque::ffi_init(move |raw| unsafe { R::init::<H>(raw, name, keys) }),
        })
    }

    pub(super) fn as_raw(&self) -> *mut R {
        self.raw.get()
    }

    /// Returns what the item is started with, if the item is live. The item may end at any time.
    #[inline]
    pub(super) fn live(&self) -> Option<NonNull<R::With>> {
        NonNull::new(self.live.load(Acquire))
    }

    /// Runs `f` if the item is live. The item stays live while `f` runs. In any context.
    #[inline]
    pub(super) fn while_live<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        let _reader = rcu::read_lock();
        self.live().map(|_| f())
    }

    /// Makes the item not live, for code that tests it from now on.
    fn end(&self) {
        self.live.store(null_mut(), Relaxed);
    }

    /// Runs the handler, for the function that is called by C.
    ///
    /// # Safety
    ///
    /// `raw` is that of a live item, and `stop` waits for the caller.
    #[inline(always)]
    pub(super) unsafe fn run(raw: *mut R) {
        // SAFETY:
        // - `raw` is that of an item. `stop` waits for the caller: the item is valid meanwhile.
        // - The item is registered, so `register` has put the address of the data there. The
        //   registration is still there, and is dropped before the data that it was made with.
        let data = unsafe {
            let item = &*container_of!(Opaque::cast_from(raw), Self, raw);
            &*item.data.load(Relaxed)
        };
        H::run(&mut CallbackScope::new(data));
    }
}

/// Makes a timer or an `irq_work` live until unbind. `item` returns this field of the data. May
/// sleep.
///
/// For work, use [`work::register`](super::work::register), which also takes the queue.
///
/// # Errors
///
/// - `EBUSY`: the item was registered before.
/// - `ENOMEM`.
pub fn register<'bound, F, H, R, C>(
    binding: &mut Binding<'bound>,
    data: Shared<'bound, F>,
    item: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a Item<H, R, C>,
) -> Result
where
    F: ForLt + 'static,
    H: Handler<C, Device = F>,
    R: Kind<C, With = ()>,
    C: 'static,
{
    register_with(binding, NonNull::dangling(), data, item)
}

/// As [`register`], for an item that is started with `with`, which is valid until unbind.
pub(super) fn register_with<'bound, F, H, R, C>(
    binding: &mut Binding<'bound>,
    with: NonNull<R::With>,
    data: Shared<'bound, F>,
    item: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a Item<H, R, C>,
) -> Result
where
    F: ForLt + 'static,
    H: Handler<C, Device = F>,
    R: Kind<C>,
    C: 'static,
{
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

/// A live item. Dropping it stops the item. `'static` stands for the lifetime of the data.
struct Live<H: Handler<C>, R: Kind<C>, C: 'static> {
    item: &'static Item<H, R, C>,
    /// With `STARTS_AFTER_STOP`: begins when the item ends. After it, no code starts the item.
    starts_over: GracePeriod,
}

impl<H: Handler<C>, R: Kind<C>, C: 'static> Drop for Live<H, R, C> {
    fn drop(&mut self) {
        match self.refuse() {
            true => self.starts_over.wait(),
            false => self.item.end(),
        }
        // SAFETY: By the type invariant, it is initialised. Nothing starts it after the grace
        // period: the item is not live any more.
        unsafe { R::stop(self.item.as_raw()) };
    }
}

impl<H: Handler<C>, R: Kind<C>, C: 'static> Attachment for Live<H, R, C> {
    fn refuse(&self) -> bool {
        if R::STARTS_AFTER_STOP && self.item.live().is_some() {
            self.item.end();
            self.starts_over.begin();
        }
        R::STARTS_AFTER_STOP
    }
}

impl<F: ForLt + 'static> Shared<'_, F> {
    /// Returns the scope of a callback, for the abstraction of a subsystem that has callbacks.
    ///
    /// # Safety
    ///
    /// The caller is a callback in context `C` of an object that the same binding keeps. Dropping
    /// this object waits for the callback.
    #[inline(always)]
    pub unsafe fn scope<'a, C>(self) -> CallbackScope<'a, F, C> {
        // SAFETY: Dropping the object that calls back waits for the callback. The same binding
        // keeps the object, and drops it before the data.
        CallbackScope::new(unsafe { self.as_ptr().as_ref() })
    }
}

/// Creates an initialiser for an [`Item`](crate::callback::Item) of any kind.
#[macro_export]
macro_rules! new_item {
    ($($name:literal)?) => {
        $crate::callback::Item::new(
            ::kernel::optional_name!($($name)?),
            [::kernel::static_lock_class!(), ::kernel::static_lock_class!()],
        )
    };
}
