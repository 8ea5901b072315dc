// SPDX-License-Identifier: GPL-2.0

//! Work: what is done later, by a worker.
//!
//! An [`Item`] is done soon, a [`Delayed`] item after a time. Either is a field of the data that
//! the driver shares, is registered once, and is then queued from anywhere. The context of a
//! handler says where it runs: in a thread that may sleep, or in softirq context as tasklets once
//! did.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

mod item;
mod queue;

pub use item::{register, register_delayed, Delayed, Item};
pub(crate) use queue::Owned as OwnedQueue;
pub use queue::{Flags, Queue};

use crate::scope::{CallbackScope, ProcessContext};
use kernel::types::ForLt;

/// What a work item does, in context `C`: [`Process`], or
/// [`AtomicContext`](crate::scope::AtomicContext) for the queues of bottom halves.
///
/// # Examples
///
/// ```
/// struct Feed;
///
/// impl work::Handler for Feed {
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
///     feed: work::Item<Feed>, // feed <- new_work!("edu feed")
/// }
/// # impl Edu<'_> { fn start_next(&self) {} }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// work::register::<Feed, _>(binding, work::Queue::system(), edu, |edu| &edu.feed)?;
/// # Ok(()) }
/// ```
pub trait Handler<C = ProcessContext>: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// Does the work. It may queue its own item again. An item does not run on two CPUs at a time.
    fn run(scope: &mut CallbackScope<'_, Self::Device, C>);
}
