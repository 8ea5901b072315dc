// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a work item.

//! Work that is done soon.

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
    types::{ForLt, Opaque}, //
};

/// A work item, as a field of the data that the driver shares. Make one with
/// [`new_work!`](crate::new_work).
///
/// # Invariants
///
/// `work` is initialised. It is queued only while the item is live: after [`register`], and before
/// the registration is dropped.
#[pin_data]
pub struct Item<H, C = ProcessContext>
where
    H: Handler<C>,
{
    #[pin]
    work: Opaque<bindings::work_struct>,
    target: Target<H::Device, bindings::workqueue_struct>,
}

// SAFETY: A work item may be used by any thread.
unsafe impl<H: Handler<C>, C> Send for Item<H, C> {}
// SAFETY: A work item may be used by any thread.
unsafe impl<H: Handler<C>, C> Sync for Item<H, C> {}

impl<H: Handler<C>, C> Item<H, C> {
    /// Creates an item that is not live yet. Drivers use [`new_work!`](crate::new_work).
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C function initialises it.
            work <- Opaque::ffi_init(|work| {
                // SAFETY: `work` is valid for writes and stays where it is; `name` and `key` live
                // for ever.
                unsafe {
                    bindings::init_work_with_key(
                        work, Some(Self::run), false, name.as_char_ptr(), key.as_ptr(),
                    )
                }
            }),
            target: Target::new(),
        })
    }

    /// Has the work done, soon. In any context but NMI.
    ///
    /// Returns whether this call did it: not where it is queued already, and not where the item is
    /// not registered yet or has ended.
    pub fn queue(&self) -> bool {
        let Some(queue) = self.target.live() else {
            return false;
        };
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not look at the queue.
        unsafe {
            bindings::queue_work_on(
                bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int,
                queue.as_ptr(),
                self.work.get(),
            )
        }
    }

    /// # Safety
    ///
    /// Called by a worker, for the work of a live item.
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: By the safety requirement. Dropping the registration waits for the worker.
        let data = unsafe {
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
pub fn register<'bound, H: Handler<C>, C: 'static>(
    binding: &mut Binding<'bound>,
    queue: Queue<'bound, C>,
    data: Shared<'bound, H::Device>,
    item: impl for<'a, 'b> FnOnce(&'a <H::Device as ForLt>::Of<'b>) -> &'a Item<H, C>,
) -> Result {
    // SAFETY: The data is dropped after the registration.
    let item = unsafe { data.project(item) };
    item.target.register(binding, item, data, queue.as_raw())
}

impl<H: Handler<C>, C: 'static> Stop for Item<H, C> {
    fn stop(&self) {
        self.target.end();
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::disable_work_sync(self.work.get()) };
    }
}
