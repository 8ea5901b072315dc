// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of an `irq_work`.

//! Work that is done at once, in an interrupt of its own: for code that holds locks, or runs
//! in an NMI, where nothing else can be started.
//!
//! C header: [`include/linux/irq_work.h`](srctree/include/linux/irq_work.h)

use super::item::{self, Item, Kind};
use crate::{
    binding::{Binding, Shared},
    scope::{AtomicContext, AtomicScope}, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*,
    types::ForLt, //
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
    /// sleep. It may queue its own item again.
    fn run(scope: &AtomicScope<'_, Self::Device>);
}

/// An item, as a field of the data that the driver shares.
pub type IrqWork<H> = Item<H, bindings::irq_work>;

// SAFETY: An item may be used by any thread. It is queued only while it is live, and waited for
// after that.
unsafe impl<H: Handler> Kind<bindings::irq_work, AtomicContext> for H {
    type Device = H::Device;
    type With = ();
    const STARTS_AFTER_STOP: bool = true;

    fn stop(item: &IrqWork<H>) {
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::irq_work_sync(item.as_raw()) };
    }
}

impl<H: Handler> IrqWork<H> {
    /// Creates an item that is not live yet.
    pub fn new() -> impl PinInit<Self> {
        let new = bindings::irq_work {
            func: Some(Self::run),
            ..Default::default()
        };
        // SAFETY: This initialises the work, as `init_irq_work()` does.
        unsafe { Self::init(move |work| work.write(new)) }
    }

    /// Has the work done, on this CPU, as soon as interrupts are enabled. In any context, NMI
    /// included.
    ///
    /// Returns whether this call did it: not where it is queued already, and not where the item is
    /// not registered yet or has ended.
    pub fn queue(&self) -> bool {
        // SAFETY: By the type invariant, and for it: it is live.
        self.while_live(|| unsafe { bindings::irq_work_queue(self.as_raw()) })
            .unwrap_or(false)
    }

    /// # Safety
    ///
    /// Called by the `irq_work` code, for a live item.
    unsafe extern "C" fn run(work: *mut bindings::irq_work) {
        // SAFETY: The `irq_work` code passes the work of a live item, whose end waits for this by
        // `irq_work_sync()`: the item is there, and registered, meanwhile.
        H::run(&unsafe { Self::from_raw(work).scope() });
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
    item::register(binding, NonNull::dangling(), data, item)
}
