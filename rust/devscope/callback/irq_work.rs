// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of an `irq_work`.

//! Work that is done at once, in an interrupt of its own: for code that holds locks, or runs
//! in an NMI, where nothing else can be started.
//!
//! C header: [`include/linux/irq_work.h`](srctree/include/linux/irq_work.h)

use super::target::{Stop, Target};
use crate::{
    binding::{Binding, Shared},
    scope::AtomicScope, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    container_of,
    prelude::*,
    types::{ForLt, Opaque}, //
};

/// What an item does.
///
/// # Examples
///
/// As for [`hrtimer::Handler`](super::hrtimer::Handler).
pub trait Handler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// Does the work. In hard interrupt context (in a thread on a PREEMPT_RT kernel): may not
    /// sleep.
    /// It may queue its own item again.
    fn run(scope: &AtomicScope<'_, Self::Device>);
}

/// An item, as a field of the data that the driver shares.
///
/// # Invariants
///
/// `work` is initialised. It is queued only while the item is live: after [`register`], and before
/// the registration is dropped.
#[pin_data]
pub struct IrqWork<H: Handler> {
    #[pin]
    work: Opaque<bindings::irq_work>,
    target: Target<H::Device>,
}

// SAFETY: An item may be used by any thread.
unsafe impl<H: Handler> Send for IrqWork<H> {}
// SAFETY: An item may be used by any thread.
unsafe impl<H: Handler> Sync for IrqWork<H> {}

impl<H: Handler> IrqWork<H> {
    /// Creates an item that is not live yet.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: As `init_irq_work()` does.
            work <- Opaque::ffi_init(|work: *mut bindings::irq_work| {
                let new = bindings::irq_work {
                    func: Some(Self::run),
                    ..Default::default()
                };
                // SAFETY: `work` is valid for writes.
                unsafe { work.write(new) }
            }),
            target: Target::new(),
        })
    }

    /// Has the work done, on this CPU, as soon as interrupts are enabled. In any context, NMI
    /// included.
    ///
    /// Returns whether this call did it: not where it is queued already, and not where the item is
    /// not registered yet or has ended.
    pub fn queue(&self) -> bool {
        self.target
            // SAFETY: By the type invariant, and for it: it is live.
            .while_live(|| unsafe { bindings::irq_work_queue(self.work.get()) })
            .unwrap_or(false)
    }

    /// # Safety
    ///
    /// Called by the `irq_work` code, for a live item.
    unsafe extern "C" fn run(work: *mut bindings::irq_work) {
        // SAFETY: By the safety requirement. Dropping the registration waits for the handler.
        let data = unsafe {
            let item: *const Self = container_of!(Opaque::cast_from(work), Self, work);
            (*item).target.data()
        };
        H::run(&AtomicScope::new(data));
    }
}

/// Makes an item live until unbind. `item` names it in the data. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the item was registered before.
/// - `ENOMEM`.
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    data: Shared<'bound, H::Device>,
    item: impl for<'a, 'b> FnOnce(&'a <H::Device as ForLt>::Of<'b>) -> &'a IrqWork<H>,
) -> Result {
    // SAFETY: The data is dropped after the registration.
    let item = unsafe { data.project(item) };
    item.target
        .register(binding, item, data, NonNull::dangling())
}

impl<H: Handler> Stop for IrqWork<H> {
    fn stop(&self) {
        // `irq_work` cannot be told to refuse.
        self.target.end_sync();
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::irq_work_sync(self.work.get()) };
    }
}
