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

    /// Handles the interrupt, in hard interrupt context. May not sleep. The locks that it takes
    /// have to be taken with interrupts disabled everywhere
    /// ([`SpinLockIrq`](kernel::sync::SpinLockIrq)).
    ///
    /// On a PREEMPT_RT kernel it runs in a thread, where such locks and
    /// [`WaitQueue::wake_all`](crate::wait::WaitQueue::wake_all) may sleep.
    fn handle(scope: &AtomicScope<'_, Self::Device>) -> IrqReturn;
}

/// An interrupt handler with two halves.
pub trait ThreadedHandler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The first half, as [`Handler::handle`]. It quiesces the device and wakes the thread. The
    /// default only wakes the thread; the registration then needs [`Flags::ONESHOT`], or a
    /// level-triggered line interrupts for ever.
    ///
    /// With this flag it runs in hard interrupt context on a PREEMPT_RT kernel, too: it may not
    /// take a lock or wake a queue, which may sleep there.
    fn handle(_scope: &AtomicScope<'_, Self::Device>) -> ThreadedIrqReturn {
        ThreadedIrqReturn::WakeThread
    }

    /// The second half, in a thread of its own. May sleep.
    fn handle_threaded(scope: &mut ProcessScope<'_, Self::Device>) -> IrqReturn;
}

/// Registers a handler until unbind. The handler may be called before this returns. May sleep.
///
/// # Errors
///
/// - `EBUSY`: another driver uses the line and does not share it.
/// - `EINVAL`: [`Flags::ONESHOT`], which is for handlers with two halves; [`Flags::NO_THREAD`],
///   [`Flags::PERCPU`] or [`Flags::TIMER`], with which a handler runs in hard interrupt context
///   even on a PREEMPT_RT kernel.
/// - `ENOMEM`, and other errors of `request_irq()`.
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    request: IrqRequest<'bound>,
    flags: Flags,
    name: &'static CStr,
    data: Shared<'bound, H::Device>,
) -> Result {
    // `request_irq()` accepts it, with a stack trace.
    refuse(flags, &[Flags::ONESHOT])?;
    refuse(flags, &NEVER_THREADED)?;
    let bridge = Bridge::<_, H>::new(data);
    // SAFETY: The binding drops the registration while the device is bound, and before the data.
    let registration = unsafe { Registration::new(unbounded(request), flags, name, Ok(bridge)) };
    binding.attach(registration).map(drop)
}

/// As [`register`], for a handler with two halves.
///
/// # Errors
///
/// As for [`register`], but [`Flags::ONESHOT`] is allowed.
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

/// Flags with which a handler never runs in a thread.
const NEVER_THREADED: [Flags; 3] = [Flags::NO_THREAD, Flags::PERCPU, Flags::TIMER];

/// Errors: `EINVAL` if one of `bad` is set.
fn refuse(flags: Flags, bad: &[Flags]) -> Result {
    if bad.iter().any(|&bad| flags & bad == bad) {
        return Err(EINVAL);
    }
    Ok(())
}

/// # Safety
///
/// The user of the result is dropped before `'bound` ends.
unsafe fn unbounded(request: IrqRequest<'_>) -> IrqRequest<'static> {
    // SAFETY: Lifetimes do not change a type's layout. The caller drops what it gives the result to
    // before the lifetime of the request ends.
    unsafe { core::mem::transmute(request) }
}

/// Implements the handler traits of the kernel crate, with one half or two.
///
/// # Invariants
///
/// The data is valid until the registration is dropped.
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
