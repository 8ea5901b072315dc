// SPDX-License-Identifier: GPL-2.0

//! Work: functions that a worker runs later.
//!
//! An [`Item`] runs as soon as possible, a [`Delayed`] item after a delay. An item is a field of
//! the shared data. The driver registers it once, and may queue it in any context but NMI. The
//! handler may queue its own item again. An item does not run on two CPUs at a time. The queue
//! decides in which context the handler runs: in a thread that may sleep, or in softirq context as
//! tasklets do.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

mod item;
mod queue;

pub use item::{register, Delayed, Item};
pub(crate) use queue::Owned as OwnedQueue;
pub use queue::{Flags, Queue};
