// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a high-resolution timer.

//! High-resolution timers, on the monotonic clock.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)

use super::{
    item::{Item, Keys, Kind},
    Handler, //
};
use crate::scope::AtomicContext;
use kernel::{
    bindings,
    prelude::*,
    time::Delta, //
};

/// A high-resolution timer, as a field of the data that the driver shares. Its handler runs in hard
/// interrupt context, or in softirq context on a PREEMPT_RT kernel. It may start the timer again.
///
/// # Examples
///
/// ```
/// struct Watchdog;
///
/// impl callback::Handler<AtomicContext> for Watchdog {
///     type Device = CovariantForLt!(Edu<'_>);
///
///     fn run(scope: &mut AtomicScope<'_, Self::Device>) {
///         scope.data().give_up();
///     }
/// }
///
/// #[pin_data]
/// struct Edu<'bound> {
///     bar: pci::Bar<'bound>,
///     #[pin]
///     watchdog: HrTimer<Watchdog>, // watchdog <- new_item!("watchdog")
/// }
/// # impl Edu<'_> { fn give_up(&self) {} }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// callback::register(binding, edu, |edu| &edu.watchdog)?;
/// # Ok(()) }
/// ```
pub type HrTimer<H> = Item<H, bindings::hrtimer>;

const RELATIVE: bindings::hrtimer_mode = bindings::hrtimer_mode_HRTIMER_MODE_REL;

// SAFETY: A timer may be used by any thread. `hrtimer_cancel()` waits for the function.
unsafe impl Kind<AtomicContext> for bindings::hrtimer {
    type With = ();

    const STARTS_AFTER_STOP: bool = true;

    unsafe fn init<H: Handler<AtomicContext>>(timer: *mut Self, _name: &'static CStr, _keys: Keys) {
        let clock = bindings::CLOCK_MONOTONIC as bindings::clockid_t;
        // SAFETY: The caller passes memory that is valid for writes.
        unsafe { bindings::hrtimer_setup(timer, Some(run::<H>), clock, RELATIVE) }
    }

    unsafe fn stop(timer: *mut Self) {
        // SAFETY: The caller passes an initialised timer.
        unsafe { bindings::hrtimer_cancel(timer) };
    }
}

/// # Safety
///
/// Called by the timer code, for a live timer.
unsafe extern "C" fn run<H: Handler<AtomicContext>>(
    timer: *mut bindings::hrtimer,
) -> bindings::hrtimer_restart {
    // SAFETY: The timer code passes the timer of a live item, whose end waits for this by
    // `hrtimer_cancel()`.
    unsafe { HrTimer::<H>::run(timer) };
    // The handler, or other code, may have started the timer again.
    bindings::hrtimer_restart::HRTIMER_NORESTART
}

impl<H: Handler<AtomicContext>> HrTimer<H> {
    /// Starts the timer, or restarts it if it was started already: it expires `delay` from now. In
    /// any context but NMI.
    ///
    /// Returns whether the timer is live: `false` if it is not registered yet or has ended.
    pub fn start(&self, delay: Delta) -> bool {
        // SAFETY: By the type invariant, and for it: it is live.
        self.while_live(|| unsafe {
            bindings::hrtimer_start_range_ns(self.as_raw(), delay.as_nanos().max(0), 0, RELATIVE)
        })
        .is_some()
    }

    /// Cancels a start. In any context but NMI. Does not wait for a running handler, which may
    /// start the timer again.
    ///
    /// Returns whether the timer was pending.
    pub fn cancel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::hrtimer_try_to_cancel(self.as_raw()) > 0 }
    }
}
