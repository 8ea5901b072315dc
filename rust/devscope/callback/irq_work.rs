// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of an `irq_work`.

//! Work in an interrupt of its own: for code that holds locks or runs in an NMI, and can start
//! nothing else.
//!
//! C header: [`include/linux/irq_work.h`](srctree/include/linux/irq_work.h)

use super::{
    item::{Item, Keys, Kind},
    Handler, //
};
use crate::scope::AtomicContext;
use kernel::{bindings, prelude::*};

/// An `irq_work`, as a field of the data that the driver shares. Its handler runs in hard interrupt
/// context, or in a thread on a PREEMPT_RT kernel. It may queue its own item again.
///
/// # Examples
///
/// As for [`HrTimer`](super::HrTimer).
pub type IrqWork<H> = Item<H, bindings::irq_work>;

// SAFETY: An item may be used by any thread. `irq_work_sync()` waits for the function.
unsafe impl Kind<AtomicContext> for bindings::irq_work {
    type With = ();

    const STARTS_AFTER_STOP: bool = true;

    unsafe fn init<H: Handler<AtomicContext>>(work: *mut Self, _name: &'static CStr, _keys: Keys) {
        let new = Self {
            func: Some(run::<H>),
            ..Default::default()
        };
        // As `init_irq_work()` does.
        // SAFETY: The caller passes memory that is valid for writes.
        unsafe { work.write(new) }
    }

    unsafe fn stop(work: *mut Self) {
        // SAFETY: The caller passes an initialised item.
        unsafe { bindings::irq_work_sync(work) };
    }
}

/// # Safety
///
/// Called by the `irq_work` code, for a live item.
unsafe extern "C" fn run<H: Handler<AtomicContext>>(work: *mut bindings::irq_work) {
    // SAFETY: The `irq_work` code passes the work of a live item, whose end waits for this by
    // `irq_work_sync()`.
    unsafe { IrqWork::<H>::run(work) };
}

impl<H: Handler<AtomicContext>> IrqWork<H> {
    /// Queues the work. It runs on this CPU as soon as interrupts are enabled. In any context, NMI
    /// included.
    ///
    /// Returns whether this call queued it: `false` if it was queued already, or if the item is not
    /// registered yet or has ended.
    pub fn queue(&self) -> bool {
        // SAFETY: By the type invariant, and for it: it is live.
        self.while_live(|| unsafe { bindings::irq_work_queue(self.as_raw()) })
            .unwrap_or(false)
    }
}
