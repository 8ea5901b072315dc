// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a notifier block.

//! Notifier chains: the source of an event calls the registered handlers one after the other.
//!
//! | chain | called in | a handler |
//! |---|---|---|
//! | blocking | a task that may sleep | may sleep |
//! | atomic | any context | may not sleep |
//!
//! A driver or a subsystem owns a chain; other drivers register handlers with it. The data of an
//! event is typed, where C has a `void *`.
//!
//! # What waits for what
//!
//! Registering with a blocking chain, and unbinding, wait for running calls of the chain. On a
//! blocking chain, this includes handlers of *other* devices, which do not know that this device is
//! being unbound. So no handler may wait for long:
//! use [`wait_timeout`](crate::scope::ProcessScope::wait_timeout), not `wait`.
//!
//! A handler of a blocking chain may not unbind a device that is registered with the same chain,
//! and may not call the chain again: it would wait for itself, as in C. Lockdep reports both. It
//! also may not wait for another task that unbinds such a device. Lockdep does not detect this.
//!
//! C header: [`include/linux/notifier.h`](srctree/include/linux/notifier.h)

mod chain;
mod kind;

pub use chain::Chain;

use super::held::Held;
use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    scope::{CallbackScope, ProcessContext}, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    container_of,
    error::to_result,
    prelude::*,
    types::{ForLt, Opaque}, //
};
use kind::Kind;

/// A handler in context `C`: the default one is for blocking chains,
/// [`AtomicContext`](crate::scope::AtomicContext) is for atomic chains.
///
/// # Examples
///
/// ```
/// # struct Speed { rpm: u32 }
/// # struct Fan<'bound> { bar: pci::Bar<'bound> }
/// # impl Fan<'_> { fn follow(&self, _speed: &Speed) {} }
/// struct OnSpeed;
///
/// impl notifier::Handler for OnSpeed {
///     type Device = CovariantForLt!(Fan<'_>);
///     type Event = Speed;
///
///     fn notify(
///         scope: &mut ProcessScope<'_, Self::Device>,
///         _action: usize,
///         speed: &Speed,
///     ) -> Reply {
///         scope.data().follow(speed);
///         Reply::Ok
///     }
/// }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     speeds: Arc<Chain<Speed>>,
/// #     fan: Shared<'bound, CovariantForLt!(Fan<'_>)>,
/// # ) -> Result {
/// notifier::register::<OnSpeed, _>(binding, speeds, 0, fan)?;
/// # Ok(()) }
/// ```
pub trait Handler<C = ProcessContext>: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The data of an event.
    type Event: 'static;

    /// Handles an event. Runs in the task or the interrupt that called the chain.
    fn notify(
        scope: &mut CallbackScope<'_, Self::Device, C>,
        action: usize,
        event: &Self::Event,
    ) -> Reply;
}

/// The return value of a handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The event is not of interest.
    Done,
    /// The event is handled.
    Ok,
    /// The event is handled, and no further handler is called.
    Stop,
    /// An error, and no further handler is called.
    Bad,
}

impl Reply {
    fn to_raw(self) -> c_int {
        let raw = match self {
            Self::Done => bindings::NOTIFY_DONE,
            Self::Ok => bindings::NOTIFY_OK,
            Self::Stop => bindings::NOTIFY_STOP,
            Self::Bad => bindings::NOTIFY_BAD,
        };
        // CAST: At most `0x8002`.
        raw as c_int
    }

    /// C handlers may also return an errno.
    fn from_raw(raw: c_int) -> Self {
        // CAST: Flags.
        match raw as u32 {
            bindings::NOTIFY_DONE => Self::Done,
            bindings::NOTIFY_STOP => Self::Stop,
            raw if raw & bindings::NOTIFY_STOP_MASK == 0 => Self::Ok,
            _ => Self::Bad,
        }
    }
}

/// Registers `H` on a chain until unbind. It is called before handlers of a lower priority, and may
/// be called before this returns. `chain` is an `Arc`, or a reference that is valid while the
/// device is bound. May sleep.
///
/// A handler that is registered twice is called twice for each event.
///
/// # Errors
///
/// `ENOMEM`. (`EEXIST` is for a block that is on the chain already; each registration has its own.)
pub fn register<'bound, H, C>(
    binding: &mut Binding<'bound>,
    chain: impl Into<Held<'bound, Chain<H::Event, C>>>,
    priority: i32,
    data: Shared<'bound, H::Device>,
) -> Result
where
    H: Handler<C>,
    C: Kind,
{
    // SAFETY: The binding drops the registration before `'bound` ends.
    let chain = unsafe { chain.into().unbounded() };
    binding
        .attach(Registration::<H, C>::new(chain, priority, data.as_ptr()))
        .map(drop)
}

/// A place on a chain.
///
/// # Invariants
///
/// `block` is on `chain`, and `data` is valid, until this is dropped.
#[pin_data(PinnedDrop)]
struct Registration<H, C>
where
    H: Handler<C>,
    C: Kind,
{
    data: NonNull<DeviceData<H::Device>>,
    chain: Held<'static, Chain<H::Event, C>>,
    #[pin]
    block: Opaque<bindings::notifier_block>,
}

// SAFETY: `DeviceData` and `Chain` are `Send` and `Sync`; a block may be taken off its chain by any
// thread.
unsafe impl<H: Handler<C>, C: Kind> Send for Registration<H, C> {}
// SAFETY: `DeviceData` and `Chain` are `Send` and `Sync`; a block may be taken off its chain by any
// thread.
unsafe impl<H: Handler<C>, C: Kind> Sync for Registration<H, C> {}

impl<H, C> Registration<H, C>
where
    H: Handler<C>,
    C: Kind,
{
    fn new(
        chain: Held<'static, Chain<H::Event, C>>,
        priority: i32,
        data: NonNull<DeviceData<H::Device>>,
    ) -> impl PinInit<Self, Error> {
        let head = NonNull::from(chain.head());
        try_pin_init!(Self {
            data,
            chain,
            // INVARIANT: Registered on success. The last field: the handler may be called at once.
            block <- Opaque::try_ffi_init(move |block: *mut bindings::notifier_block| {
                let new = bindings::notifier_block {
                    notifier_call: Some(Self::called),
                    priority,
                    ..Default::default()
                };
                // SAFETY: `block` is valid for writes.
                unsafe { block.write(new) };
                // SAFETY: `chain` keeps the head; the block is not moved until `drop` takes it off
                // the chain.
                to_result(unsafe { C::register(head.as_ref(), block) })
            }),
        })
    }

    /// # Safety
    ///
    /// Called by the chain, for the block of a registration.
    unsafe extern "C" fn called(
        block: *mut bindings::notifier_block,
        action: c_ulong,
        event: *mut c_void,
    ) -> c_int {
        // SAFETY: The chain passes the block of a registration, which is valid: dropping it waits
        // for the call, and the data is dropped after it.
        let data = unsafe {
            let this: *const Self = container_of!(Opaque::cast_from(block), Self, block);
            (*this).data.as_ref()
        };
        // SAFETY: `Chain::call` passes a reference, and so do others by `Chain::from_raw`.
        let event = unsafe { &*event.cast::<H::Event>() };
        H::notify(&mut CallbackScope::new(data), action, event).to_raw()
    }
}

#[pinned_drop]
impl<H, C> PinnedDrop for Registration<H, C>
where
    H: Handler<C>,
    C: Kind,
{
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant, the block is on this chain.
        unsafe { C::unregister(self.chain.head(), self.block.get()) };
    }
}

impl<H: Handler<C>, C: Kind> Attachment for Registration<H, C> {}
