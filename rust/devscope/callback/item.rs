// SPDX-License-Identifier: GPL-2.0
// UNSAFE: remembers the data that an item is registered with.

//! What work, timers and `irq_work` have in common: how an item of the shared data becomes live,
//! finds the data that its handler is given, and ends.

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

/// Lock classes of an item: of the work or the timer, and of the timer in delayed work.
pub(super) type Keys = [Pin<&'static LockClassKey>; 2];

/// A structure of C that has a function called, in context `C`: `struct work_struct` and others.
/// Only this crate implements it.
///
/// # Safety
///
/// - It may be used by any thread.
/// - After `stop`, the function does not run. Unless `STARTS_AFTER_STOP`, nothing starts it again.
pub unsafe trait Kind<C>: Sized + 'static {
    /// What else is needed to start it.
    type With;

    /// Whether C cannot be told to refuse a start. Then all starts are made in
    /// [`Item::while_live`], and it is stopped when nobody is in there any more.
    const STARTS_AFTER_STOP: bool = false;

    /// Initialises it. Its function is [`Item::run`].
    ///
    /// # Safety
    ///
    /// `raw` is the field of an `Item<H, Self, C>`. It is valid for writes, and stays where it is.
    unsafe fn init<H: Handler<C>>(raw: *mut Self, name: &'static CStr, keys: Keys);

    /// Cancels it and waits for its function. Sleeps.
    ///
    /// # Safety
    ///
    /// `raw` is initialised. If `STARTS_AFTER_STOP`, nothing starts it any more.
    unsafe fn stop(raw: *mut Self);
}

/// Something that has a handler called: an `R` in C, as a field of the data that the driver shares.
/// Each kind has a name of its own, such as [`Timer`](super::Timer). Make one with
/// [`new_item!`](crate::new_item).
///
/// # Invariants
///
/// `raw` is initialised. It is started only while the item is live: after it was registered, and
/// before the registration is dropped. What `live` points to is there for that time.
#[pin_data]
pub struct Item<H, R, C = AtomicContext>
where
    H: Handler<C>,
    R: Kind<C>,
{
    /// Null until the item is registered, which happens once.
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

    /// What the item is started with, if it is live. It may end meanwhile.
    #[inline]
    pub(super) fn live(&self) -> Option<NonNull<R::With>> {
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

    /// Runs the handler, for the function that C calls.
    ///
    /// # Safety
    ///
    /// `raw` is that of a live item, and `stop` waits for the caller.
    #[inline(always)]
    pub(super) unsafe fn run(raw: *mut R) {
        // SAFETY:
        // - `raw` is that of an item. `stop` waits for the caller: the item is there meanwhile.
        // - The item is registered, so `register` has put the address of the data there. The
        //   registration is still there, and is dropped before the data that it was made with.
        let data = unsafe {
            let item = &*container_of!(Opaque::cast_from(raw), Self, raw);
            &*item.data.load(Relaxed)
        };
        H::run(&mut CallbackScope::new(data));
    }
}

/// Makes a timer or an `irq_work` live until unbind. `item` names it in the data. May sleep.
///
/// Work is made live by [`work::register`](super::work::register), which also takes its queue.
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

/// As [`register`], for an item that is started with `with`, which is there until unbind.
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

/// A live item, to be stopped in its turn. `'static` stands for the time that the data is there.
struct Live<H: Handler<C>, R: Kind<C>, C: 'static> {
    item: &'static Item<H, R, C>,
    /// Of an item that has ended, where starts have to be waited for: nobody starts it after this.
    starts_over: GracePeriod,
}

impl<H: Handler<C>, R: Kind<C>, C: 'static> Drop for Live<H, R, C> {
    fn drop(&mut self) {
        match self.refuse() {
            true => self.starts_over.wait(),
            false => self.item.end(),
        }
        // SAFETY: By the type invariant, it is initialised. Nothing starts it after the grace
        // period: the item is live no more.
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
