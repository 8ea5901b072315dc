// SPDX-License-Identifier: GPL-2.0

//! Work: what is done later, by a worker.
//!
//! An [`Item`] is done soon, a [`Delayed`] item after a time. Either is a field of the data that
//! the driver shares, is registered once, and is then queued from anywhere. The handler may queue
//! its own item again. An item does not run on two CPUs at a time. The queue decides in which
//! context the handler runs: in a thread that may sleep, or in softirq context as tasklets once
//! did.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

mod item;
mod queue;

pub use item::{register, Delayed, Item};
pub(crate) use queue::Owned as OwnedQueue;
pub use queue::{Flags, Queue};
