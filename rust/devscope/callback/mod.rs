// SPDX-License-Identifier: GPL-2.0

//! Callbacks that the kernel can wait for: interrupts, work, timers, notifiers, threads.
//!
//! Each kind is a trait with one method, which is given a [scope](crate::scope::CallbackScope) of
//! its context, and a `register` function. What is registered is owned by the
//! [`Binding`](crate::binding::Binding): it is freed, cancelled or stopped, *and waited for*,
//! before unbind goes on to what was registered earlier. So in the method the device is bound.
//!
//! | kind | method runs in | ended by |
//! |---|---|---|
//! | [`irq`] | hard interrupt, or a thread | `free_irq()` |
//! | [`work`] | a worker, or softirq | `disable_work_sync()` |
//! | [`timer`] | softirq | `timer_shutdown_sync()` |
//! | [`hrtimer`] | hard interrupt | `hrtimer_cancel()` |
//! | [`irq_work`] | hard interrupt | `irq_work_sync()` |
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
pub mod hrtimer;
pub mod irq;
pub mod irq_work;
mod item;
pub mod kthread;
pub mod notifier;
pub mod timer;
pub mod work;

pub use held::Held;
pub use item::Item;

/// Creates an initialiser for a [`work::Item`](crate::callback::work::Item).
#[macro_export]
macro_rules! new_work {
    ($($name:literal)?) => {
        $crate::callback::work::Item::new(
            ::kernel::optional_name!($($name)?), ::kernel::static_lock_class!()
        )
    };
}

/// Creates an initialiser for a [`timer::Timer`](crate::callback::timer::Timer).
#[macro_export]
macro_rules! new_timer {
    ($($name:literal)?) => {
        $crate::callback::timer::Timer::new(
            ::kernel::optional_name!($($name)?), ::kernel::static_lock_class!()
        )
    };
}

/// Creates an initialiser for a [`work::Delayed`](crate::callback::work::Delayed).
#[macro_export]
macro_rules! new_delayed_work {
    ($($name:literal)?) => {
        $crate::callback::work::Delayed::new(
            ::kernel::optional_name!($($name)?),
            ::kernel::static_lock_class!(),
            ::kernel::static_lock_class!(),
        )
    };
}
