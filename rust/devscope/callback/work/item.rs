// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of work items.

//! Work items and delayed work items.

use super::queue::Queue;
use crate::{
    binding::{Binding, Shared},
    callback::{
        item::{self, Keys, Kind},
        Handler, //
    },
    scope::ProcessContext, //
};
use kernel::{
    bindings,
    container_of,
    prelude::*,
    time::Jiffies,
    types::ForLt, //
};

/// A work item, as a field of the data that the driver shares.
pub type Item<H, C = ProcessContext> = item::Item<H, bindings::work_struct, C>;

/// A delayed work item, as a field of the data that the driver shares.
pub type Delayed<H, C = ProcessContext> = item::Item<H, bindings::delayed_work, C>;

const ANY_CPU: c_int = bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int;

// SAFETY: A work item may be used by any thread. Once it is disabled, nothing queues it.
unsafe impl<C> Kind<C> for bindings::work_struct {
    type With = bindings::workqueue_struct;

    unsafe fn init<H: Handler<C>>(work: *mut Self, name: &'static CStr, keys: Keys) {
        let (name, key) = (name.as_char_ptr(), keys[0].as_ptr());
        // SAFETY: The caller passes memory that is valid for writes; the name and the key live for
        // ever.
        unsafe { bindings::init_work_with_key(work, Some(run::<H, C>), false, name, key) }
    }

    unsafe fn stop(work: *mut Self) {
        // SAFETY: The caller passes initialised work.
        unsafe { bindings::disable_work_sync(work) };
    }
}

// SAFETY: A work item may be used by any thread. Once it is disabled, nothing queues it.
unsafe impl<C> Kind<C> for bindings::delayed_work {
    type With = bindings::workqueue_struct;

    unsafe fn init<H: Handler<C>>(work: *mut Self, name: &'static CStr, keys: Keys) {
        let (name, [key, timer_key]) = (name.as_char_ptr(), keys.map(|key| key.as_ptr()));
        // As `INIT_DELAYED_WORK()` does.
        // SAFETY: The caller passes memory that is valid for writes; the name and the keys live for
        // ever.
        unsafe {
            bindings::init_work_with_key(
                &raw mut (*work).work,
                Some(run_delayed::<H, C>),
                false,
                name,
                key,
            );
            bindings::timer_init_key(
                &raw mut (*work).timer,
                Some(bindings::delayed_work_timer_fn),
                bindings::TIMER_IRQSAFE,
                name,
                timer_key,
            );
        }
    }

    unsafe fn stop(work: *mut Self) {
        // SAFETY: The caller passes initialised work.
        unsafe { bindings::disable_delayed_work_sync(work) };
    }
}

/// # Safety
///
/// Called by a worker, for the work of a live item.
unsafe extern "C" fn run<H: Handler<C>, C>(work: *mut bindings::work_struct) {
    // SAFETY: A worker passes the work of a live item, whose end waits for this by
    // `disable_work_sync()`.
    unsafe { Item::<H, C>::run(work) };
}

/// # Safety
///
/// Called by a worker, for the work of a live delayed item.
unsafe extern "C" fn run_delayed<H: Handler<C>, C>(work: *mut bindings::work_struct) {
    // SAFETY: A worker passes the work of a live item, which is a part of its delayed work. The
    // item's end waits for this by `disable_delayed_work_sync()`.
    unsafe { Delayed::<H, C>::run(container_of!(work, bindings::delayed_work, work)) };
}

impl<H: Handler<C>, C> Item<H, C> {
    /// Queues the work. In any context but NMI.
    ///
    /// Returns whether this call queued it: `false` if it was queued already, or if the item is not
    /// registered yet or has ended.
    pub fn queue(&self) -> bool {
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not access the queue.
        self.live().is_some_and(|queue| unsafe {
            bindings::queue_work_on(ANY_CPU, queue.as_ptr(), self.as_raw())
        })
    }
}

impl<H: Handler<C>, C> Delayed<H, C> {
    /// Queues the work after `delay` jiffies. If it is queued already, its delay stays as it is. In
    /// any context but NMI.
    ///
    /// Returns whether this call queued it: `false` if it was queued already, or if the item is not
    /// registered yet or has ended.
    pub fn queue(&self, delay: Jiffies) -> bool {
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not access the queue.
        self.live().is_some_and(|queue| unsafe {
            bindings::queue_delayed_work_on(ANY_CPU, queue.as_ptr(), self.as_raw(), delay)
        })
    }

    /// Queues the work after `delay` jiffies. If it is queued already, its delay changes. In any
    /// context but NMI.
    ///
    /// Returns whether the work was queued already.
    pub fn requeue(&self, delay: Jiffies) -> bool {
        // SAFETY: By the type invariant. Once the item has ended, its work is disabled, and this
        // does not access the queue.
        self.live().is_some_and(|queue| unsafe {
            bindings::mod_delayed_work_on(ANY_CPU, queue.as_ptr(), self.as_raw(), delay)
        })
    }
}

/// Makes a work item, or a delayed one, live until unbind. `item` returns this field of the data.
/// May sleep.
///
/// # Errors
///
/// - `EBUSY`: the item was registered before.
/// - `ENOMEM`.
///
/// # Examples
///
/// ```
/// struct Feed;
///
/// impl callback::Handler for Feed {
///     type Device = CovariantForLt!(Edu<'_>);
///
///     fn run(scope: &mut ProcessScope<'_, Self::Device>) {
///         scope.data().start_next();
///     }
/// }
///
/// #[pin_data]
/// struct Edu<'bound> {
///     bar: pci::Bar<'bound>,
///     #[pin]
///     feed: work::Item<Feed>, // feed <- new_item!("edu feed")
/// }
/// # impl Edu<'_> { fn start_next(&self) {} }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// work::register(binding, work::Queue::system(), edu, |edu| &edu.feed)?;
/// # Ok(()) }
/// ```
pub fn register<'bound, F, H, R, C>(
    binding: &mut Binding<'bound>,
    queue: Queue<'bound, C>,
    data: Shared<'bound, F>,
    item: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a item::Item<H, R, C>,
) -> Result
where
    F: ForLt + 'static,
    H: Handler<C, Device = F>,
    R: Kind<C, With = bindings::workqueue_struct>,
    C: 'static,
{
    item::register_with(binding, queue.as_raw(), data, item)
}
