// SPDX-License-Identifier: GPL-2.0
// UNSAFE: keeps registrations of the kernel crate; stands for the data in them.

//! Interrupt handlers.
//!
//! C header: [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h)

use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    scope::{AtomicScope, CallbackScope, ProcessScope}, //
};
use core::{marker::PhantomData, ptr::NonNull};
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
    let bridge = Bridge::<_, H>::new(data);
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
    let bridge = Bridge::<_, H>::new(data);
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

/// A handler of the kernel crate's kind, of one half or two.
///
/// # Invariants
///
/// The data is there while the registration is.
struct Bridge<F: ForLt + 'static, H>(NonNull<DeviceData<F>>, PhantomData<fn(H)>);

// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<F: ForLt + 'static, H> Send for Bridge<F, H> {}
// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<F: ForLt + 'static, H> Sync for Bridge<F, H> {}

impl<F: ForLt + 'static, H> Bridge<F, H> {
    fn new(data: Shared<'_, F>) -> Self {
        // INVARIANT: The caller has the binding drop the registration before the data.
        Self(data.as_ptr(), PhantomData)
    }

    #[inline(always)]
    fn scope<C>(&self) -> CallbackScope<'_, F, C> {
        // SAFETY: By the type invariant. Dropping the registration waits for the handler and its
        // thread.
        CallbackScope::new(unsafe { self.0.as_ref() })
    }
}

impl<H: Handler> kernel::irq::Handler for Bridge<H::Device, H> {
    fn handle(&self) -> IrqReturn {
        H::handle(&self.scope())
    }
}

impl<H: ThreadedHandler> kernel::irq::ThreadedHandler for Bridge<H::Device, H> {
    fn handle(&self) -> ThreadedIrqReturn {
        H::handle(&self.scope())
    }

    fn handle_threaded(&self) -> IrqReturn {
        H::handle_threaded(&mut self.scope())
    }
}

impl<H: Handler> Attachment for Registration<'static, Bridge<H::Device, H>> {}

impl<H: ThreadedHandler> Attachment for ThreadedRegistration<'static, Bridge<H::Device, H>> {}
