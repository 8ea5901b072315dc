// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of work items.

//! Work that is done soon, or after a time.

use super::{queue::Queue, Handler};
use crate::{
    binding::{Binding, Shared},
    callback::item::{self, Kind},
    scope::ProcessContext, //
};
use kernel::{
    bindings,
    container_of,
    prelude::*,
    sync::LockClassKey,
    time::Jiffies,
    types::ForLt, //
};

/// A work item, as a field of the data that the driver shares. Make one with
/// [`new_work!`](crate::new_work).
pub type Item<H, C = ProcessContext> = item::Item<H, bindings::work_struct, C>;

/// A delayed work item, as a field of the data that the driver shares. Make one with
/// [`new_delayed_work!`](crate::new_delayed_work).
pub type Delayed<H, C = ProcessContext> = item::Item<H, bindings::delayed_work, C>;

const ANY_CPU: c_int = bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int;

// SAFETY: A work item may be used by any thread. Once it is disabled, nothing queues it.
unsafe impl<H: Handler<C>, C> Kind<bindings::work_struct, C> for H {
    type Device = H::Device;
    type With = bindings::workqueue_struct;

    fn stop(item: &Item<H, C>) {
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::disable_work_sync(item.as_raw()) };
    }
}

// SAFETY: A work item may be used by any thread. Once it is disabled, nothing queues it.
unsafe impl<H: Handler<C>, C> Kind<bindings::delayed_work, C> for H {
    type Device = H::Device;
    type With = bindings::workqueue_struct;

    fn stop(item: &Delayed<H, C>) {
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::disable_delayed_work_sync(item.as_raw()) };
    }
}

impl<H: Handler<C>, C> Item<H, C> {
    /// Creates an item that is not live yet. Drivers use [`new_work!`](crate::new_work).
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        // SAFETY:
        // - The C function initialises the work.
        // - `name` and `key` live for ever.
        unsafe {
            Self::init(move |work| {
                bindings::init_work_with_key(
                    work,
                    Some(Self::run),
                    false,
                    name.as_char_ptr(),
                    key.as_ptr(),
                )
            })
        }
    }

    /// Has the work done, soon. In any context but NMI.
    ///
    /// Returns whether this call did it: not where it is queued already, and not where the item is
    /// not registered yet or has ended.
    pub fn queue(&self) -> bool {
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not look at the queue.
        self.live().is_some_and(|queue| unsafe {
            bindings::queue_work_on(ANY_CPU, queue.as_ptr(), self.as_raw())
        })
    }

    /// # Safety
    ///
    /// Called by a worker, for the work of a live item.
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: A worker passes the work of a live item, whose end waits for this by
        // `disable_work_sync()`: the item is there, and registered, meanwhile.
        H::run(&mut unsafe { Self::from_raw(work).scope() });
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
    item::register(binding, queue.as_raw(), data, item)
}

impl<H: Handler<C>, C> Delayed<H, C> {
    /// Creates an item that is not live yet. Drivers use
    /// [`new_delayed_work!`](crate::new_delayed_work).
    pub fn new(
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
        timer_key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        // SAFETY:
        // - The C functions initialise the work, as `INIT_DELAYED_WORK()` does.
        // - The name and the keys live for ever.
        unsafe {
            Self::init(move |work| {
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
            })
        }
    }

    /// Has the work done after `delay`; that of work that is queued already stays. In any context
    /// but NMI.
    ///
    /// Returns whether this call did it: not where it is queued already, and not where the item is
    /// not registered yet or has ended.
    pub fn queue(&self, delay: Jiffies) -> bool {
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not look at the queue.
        self.live().is_some_and(|queue| unsafe {
            bindings::queue_delayed_work_on(ANY_CPU, queue.as_ptr(), self.as_raw(), delay)
        })
    }

    /// Has the work done after `delay`, whether it is queued already or not. In any context but
    /// NMI.
    ///
    /// Returns whether it was queued already.
    pub fn requeue(&self, delay: Jiffies) -> bool {
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not look at the queue.
        self.live().is_some_and(|queue| unsafe {
            bindings::mod_delayed_work_on(ANY_CPU, queue.as_ptr(), self.as_raw(), delay)
        })
    }

    /// # Safety
    ///
    /// Called by a worker, for the work of a live item.
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY:
        // - A worker passes the work of a live item, which is a part of its delayed work.
        // - The item's end waits for this by `disable_delayed_work_sync()`: it is there, and
        //   registered, meanwhile.
        H::run(&mut unsafe {
            Self::from_raw(container_of!(work, bindings::delayed_work, work)).scope()
        });
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
    item::register(binding, queue.as_raw(), data, item)
}
