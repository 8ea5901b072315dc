// SPDX-License-Identifier: GPL-2.0
// UNSAFE: keeps registrations of the kernel crate; stands for the data in them.

//! Interrupt handlers.
//!
//! C header: [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h)

use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    scope::{AtomicScope, ProcessScope}, //
};
use core::ptr::NonNull;
use kernel::{
    irq::{IrqRequest, Registration, ThreadedRegistration},
    prelude::*,
    types::ForLt, //
};

pub use kernel::irq::{Flags, IrqReturn, ThreadedIrqReturn};

/// An interrupt handler.
///
/// # Examples
///
/// See `samples/edu`.
pub trait Handler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The interrupt. In hard interrupt context: may not sleep, and what it locks is locked
    /// elsewhere with interrupts disabled ([`SpinLockIrq`](kernel::sync::SpinLockIrq)).
    ///
    /// On a PREEMPT_RT kernel it runs in a thread, where such locks and
    /// [`WaitQueue::wake_all`](crate::wait::WaitQueue::wake_all) may sleep.
    fn handle(scope: &AtomicScope<'_, Self::Device>) -> IrqReturn;
}

/// An interrupt handler of two halves.
pub trait ThreadedHandler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The first half, as [`Handler::handle`]. Quietens the device and wakes the thread. Without
    /// the method, it only wakes the thread; the registration then needs [`Flags::ONESHOT`], or a
    /// line that is triggered by its level interrupts for ever.
    ///
    /// With that flag it is in hard interrupt context on a PREEMPT_RT kernel too: it takes no lock,
    /// and wakes no queue, which would sleep there.
    fn handle(_scope: &AtomicScope<'_, Self::Device>) -> ThreadedIrqReturn {
        ThreadedIrqReturn::WakeThread
    }

    /// The second half, in a thread of its own. May sleep.
    fn handle_threaded(scope: &mut ProcessScope<'_, Self::Device>) -> IrqReturn;
}

/// Registers a handler until unbind. It may be called before this returns. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the line is taken by a driver that does not share it.
/// - `EINVAL`: [`Flags::ONESHOT`], which is for handlers of two halves; [`Flags::NO_THREAD`],
///   [`Flags::PERCPU`] or [`Flags::TIMER`], with which a handler is in hard interrupt context even
///   on a PREEMPT_RT kernel.
/// - `ENOMEM`, and others of `request_irq()`.
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    request: IrqRequest<'bound>,
    flags: Flags,
    name: &'static CStr,
    data: Shared<'bound, H::Device>,
) -> Result {
    // C takes it, with a stack trace.
    refuse(flags, &[Flags::ONESHOT])?;
    refuse(flags, &NEVER_THREADED)?;
    let bridge = Bridge::<H>(data.as_ptr());
    // SAFETY: The binding drops the registration while the device is bound, and before the data.
    let registration = unsafe { Registration::new(unbounded(request), flags, name, Ok(bridge)) };
    binding.attach(registration).map(drop)
}

/// As [`register`], for a handler of two halves.
///
/// # Errors
///
/// As there, but that [`Flags::ONESHOT`] is good.
pub fn register_threaded<'bound, H: ThreadedHandler>(
    binding: &mut Binding<'bound>,
    request: IrqRequest<'bound>,
    flags: Flags,
    name: &'static CStr,
    data: Shared<'bound, H::Device>,
) -> Result {
    refuse(flags, &NEVER_THREADED)?;
    let bridge = ThreadedBridge::<H>(data.as_ptr());
    // SAFETY: The binding drops the registration while the device is bound, and before the data.
    let registration =
        unsafe { ThreadedRegistration::new(unbounded(request), flags, name, Ok(bridge)) };
    binding.attach(registration).map(drop)
}

/// What keeps a handler out of a thread.
const NEVER_THREADED: [Flags; 3] = [Flags::NO_THREAD, Flags::PERCPU, Flags::TIMER];

/// `EINVAL` where one of `bad` is set.
fn refuse(flags: Flags, bad: &[Flags]) -> Result {
    if bad.iter().any(|&bad| flags & bad == bad) {
        return Err(EINVAL);
    }
    Ok(())
}

/// # Safety
///
/// What the result is given to is dropped before `'bound` ends.
unsafe fn unbounded(request: IrqRequest<'_>) -> IrqRequest<'static> {
    // SAFETY: Lifetimes do not change a type's layout. The caller drops what it gives the result to
    // before the lifetime of the request ends.
    unsafe { core::mem::transmute(request) }
}

/// A handler of the kernel crate's kind.
///
/// # Invariants
///
/// The data is there while the registration is.
struct Bridge<H: Handler>(NonNull<DeviceData<H::Device>>);

// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<H: Handler> Send for Bridge<H> {}
// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<H: Handler> Sync for Bridge<H> {}

impl<H: Handler> kernel::irq::Handler for Bridge<H> {
    fn handle(&self) -> IrqReturn {
        // SAFETY: By the type invariant. Dropping the registration waits for the handler.
        H::handle(&AtomicScope::new(unsafe { self.0.as_ref() }))
    }
}

impl<H: Handler> Attachment for Registration<'static, Bridge<H>> {}

/// A handler of the kernel crate's kind, of two halves.
///
/// # Invariants
///
/// The data is there while the registration is.
struct ThreadedBridge<H: ThreadedHandler>(NonNull<DeviceData<H::Device>>);

// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<H: ThreadedHandler> Send for ThreadedBridge<H> {}
// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<H: ThreadedHandler> Sync for ThreadedBridge<H> {}

impl<H: ThreadedHandler> kernel::irq::ThreadedHandler for ThreadedBridge<H> {
    fn handle(&self) -> ThreadedIrqReturn {
        // SAFETY: By the type invariant. Dropping the registration waits for the handler.
        H::handle(&AtomicScope::new(unsafe { self.0.as_ref() }))
    }

    fn handle_threaded(&self) -> IrqReturn {
        // SAFETY: By the type invariant, the data is there while the registration is. Dropping that
        // waits for the thread.
        H::handle_threaded(&mut ProcessScope::new(unsafe { self.0.as_ref() }))
    }
}

impl<H: ThreadedHandler> Attachment for ThreadedRegistration<'static, ThreadedBridge<H>> {}
