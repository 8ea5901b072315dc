// SPDX-License-Identifier: GPL-2.0

//! Callbacks that the kernel can wait for: interrupts, work, timers, notifiers, threads.
//!
//! What a callback does is a trait with one method, which is given a
//! [scope](crate::scope::CallbackScope) of its context: [`Handler`] for most kinds. A `register`
//! function makes it live. What is registered is owned by the
//! [`Binding`](crate::binding::Binding): it is freed, cancelled or stopped, *and waited for*,
//! before unbind goes on to what was registered earlier. So in the method the device is bound.
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
//! On a PREEMPT_RT kernel, what this table has in hard interrupt context is in softirq context or a
//! thread; the exceptions are those of [`irq`].
//!
//! # Items
//!
//! Work of either kind, timers and `irq_work` are started by the driver, from anywhere: another
//! callback, a file operation. So each is an [`Item`], a field of the data that the driver shares,
//! and code that reaches the data reaches it. Registering makes an item live. Before that and after
//! its end, starting it does nothing, and says so; hence things may start each other in any order
//! of registration.

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

/// What work, a timer, an `irq_work`, a thread or an action does, in context `C`: the default one
/// may sleep, [`AtomicContext`](crate::scope::AtomicContext) may not.
///
/// # Examples
///
/// See [`work::register`], [`HrTimer`], [`kthread::register`] and [`action::register`].
pub trait Handler<C = ProcessContext>: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// Does it.
    fn run(scope: &mut CallbackScope<'_, Self::Device, C>);
}
