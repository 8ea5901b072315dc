// SPDX-License-Identifier: GPL-2.0

//! Callbacks that unbind can wait for: interrupts, work, timers, notifiers, threads.
//!
//! A driver implements a trait with one method, [`Handler`] for most kinds. The method gets a
//! [scope](crate::scope::CallbackScope) of its context. A `register` function makes the callback
//! live. The [`Binding`](crate::binding::Binding) owns the registration: unbind frees, cancels or
//! stops the callback, *and waits for it*, before it ends what was registered earlier. So the
//! device is bound while the method runs.
//!
//! | kind | method runs in | ended by |
//! |---|---|---|
//! | [`irq`] | hard interrupt, or a thread | `free_irq()` |
//! | [`work`] | a worker, or softirq | `disable_work_sync()` |
//! | [`Timer`] | softirq | `timer_shutdown_sync()` |
//! | [`HrTimer`] | hard interrupt | `hrtimer_cancel()` |
//! | [`IrqWork`] | hard interrupt | `irq_work_sync()` |
//! | [`notifier`] | the caller of the chain | `*_notifier_chain_unregister()` |
//! | [`kthread`] | a thread of its own | `kthread_stop()` |
//! | [`action`] | unbind itself | |
//!
//! On a PREEMPT_RT kernel, a method for which the table lists hard interrupt context runs in
//! softirq context or in a thread. [`irq`] lists the exceptions.
//!
//! # Items
//!
//! The driver starts work, timers and `irq_work` itself, from another callback or a file operation.
//! Each is an [`Item`], a field of the shared data, so all code that reaches the data can start it.
//! Registration makes an item live. Before that and after its end, a start does nothing and returns
//! `false`. So items may start each other, whatever their order of registration.

pub mod action;
mod held;
mod hrtimer;
pub mod irq;
mod irq_work;
mod item;
pub mod kthread;
pub mod notifier;
mod timer;
pub mod work;

pub use hrtimer::HrTimer;
pub use irq_work::IrqWork;
pub use item::{register, Item};
pub use timer::Timer;

use crate::scope::{CallbackScope, ProcessContext};
use kernel::types::ForLt;

/// The handler of a work item, a timer, an `irq_work`, a thread or an action. It runs in context
/// `C`: in the default one it may sleep, in [`AtomicContext`](crate::scope::AtomicContext) it may
/// not.
///
/// # Examples
///
/// See [`work::register`], [`HrTimer`], [`kthread::register`] and [`action::register`].
pub trait Handler<C = ProcessContext>: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// Called while the device is bound.
    fn run(scope: &mut CallbackScope<'_, Self::Device, C>);
}
