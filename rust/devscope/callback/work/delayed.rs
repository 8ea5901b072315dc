// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a delayed work item.

//! Work that is done after a time.

use super::{queue::Queue, Handler};
use crate::{
    binding::{Binding, Shared},
    callback::target::{Stop, Target},
    scope::{CallbackScope, ProcessContext}, //
};
use kernel::{
    bindings,
    container_of,
    prelude::*,
    sync::LockClassKey,
    time::Jiffies,
    types::{ForLt, Opaque}, //
};

/// A delayed work item, as a field of the data that the driver shares. Make one with
/// [`new_delayed_work!`](crate::new_delayed_work).
///
/// # Invariants
///
/// `work` is initialised. It is queued only while the item is live: after [`register_delayed`],
/// and before the registration is dropped.
#[pin_data]
pub struct Delayed<H, C = ProcessContext>
where
    H: Handler<C>,
{
    #[pin]
    work: Opaque<bindings::delayed_work>,
    target: Target<H::Device, bindings::workqueue_struct>,
}

// SAFETY: A work item may be used by any thread.
unsafe impl<H: Handler<C>, C> Send for Delayed<H, C> {}
// SAFETY: A work item may be used by any thread.
unsafe impl<H: Handler<C>, C> Sync for Delayed<H, C> {}

type Start = unsafe extern "C" fn(
    c_int,
    *mut bindings::workqueue_struct,
    *mut bindings::delayed_work,
    c_ulong,
) -> bool;

impl<H: Handler<C>, C> Delayed<H, C> {
    /// Creates an item that is not live yet. Drivers use
    /// [`new_delayed_work!`](crate::new_delayed_work).
    pub fn new(
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
        timer_key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C functions initialise it, as `INIT_DELAYED_WORK()` does.
            work <- Opaque::ffi_init(|work: *mut bindings::delayed_work| {
                // SAFETY: `work` is valid for writes and stays where it is; the name and the keys
                // live for ever.
                unsafe {
                    bindings::init_work_with_key(
                        &raw mut (*work).work,
                        Some(Self::run),
                        false,
                        name.as_char_ptr(),
                        key.as_ptr(),
                    );
                    bindings::timer_init_key(
                        &raw mut (*work).timer,
                        Some(bindings::delayed_work_timer_fn),
                        bindings::TIMER_IRQSAFE,
                        name.as_char_ptr(),
                        timer_key.as_ptr(),
                    );
                }
            }),
            target: Target::new(),
        })
    }

    /// Has the work done after `delay`; that of work that is queued already stays. In any context
    /// but NMI.
    ///
    /// Returns whether this call did it: not where it is queued already, and not where the item is
    /// not registered yet or has ended.
    pub fn queue(&self, delay: Jiffies) -> bool {
        self.start(bindings::queue_delayed_work_on, delay)
    }

    /// Has the work done after `delay`, whether it is queued already or not. In any context but
    /// NMI.
    ///
    /// Returns whether it was queued already.
    pub fn requeue(&self, delay: Jiffies) -> bool {
        self.start(bindings::mod_delayed_work_on, delay)
    }

    fn start(&self, start: Start, delay: Jiffies) -> bool {
        let Some(queue) = self.target.live() else {
            return false;
        };
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not look at the queue.
        unsafe {
            start(
                bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int,
                queue.as_ptr(),
                self.work.get(),
                delay,
            )
        }
    }

    /// # Safety
    ///
    /// Called by a worker, for the work of a live item.
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: By the safety requirement. Dropping the registration waits for the worker.
        let data = unsafe {
            let work = container_of!(work, bindings::delayed_work, work);
            let item = container_of!(Opaque::cast_from(work), Self, work);
            (*item).target.data()
        };
        H::run(&mut CallbackScope::new(data));
    }
}

/// Makes an item live until unbind. `item` names it in the data. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the item was registered before.
/// - `ENOMEM`.
pub fn register_delayed<'bound, H: Handler<C>, C: 'static>(
    binding: &mut Binding<'bound>,
    queue: Queue<'bound, C>,
    data: Shared<'bound, H::Device>,
    item: impl for<'a, 'b> FnOnce(&'a <H::Device as ForLt>::Of<'b>) -> &'a Delayed<H, C>,
) -> Result {
    // SAFETY: The data is dropped after the registration.
    let item = unsafe { data.project(item) };
    item.target.register(binding, item, data, queue.as_raw())
}

impl<H: Handler<C>, C: 'static> Stop for Delayed<H, C> {
    fn stop(&self) {
        self.target.end();
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::disable_delayed_work_sync(self.work.get()) };
    }
}
