// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a high-resolution timer.

//! High-resolution timers, on the monotonic clock.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)

use super::item::{self, Item, Kind};
use crate::{
    binding::{Binding, Shared},
    scope::{AtomicContext, AtomicScope}, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*,
    time::Delta,
    types::ForLt, //
};

/// What a timer does when its time has come.
///
/// # Examples
///
/// ```
/// struct Watchdog;
///
/// impl hrtimer::Handler for Watchdog {
///     type Device = CovariantForLt!(Edu<'_>);
///
///     fn expired(scope: &AtomicScope<'_, Self::Device>) -> Restart {
///         scope.data().give_up();
///         Restart::No
///     }
/// }
///
/// #[pin_data]
/// struct Edu<'bound> {
///     bar: pci::Bar<'bound>,
///     #[pin]
///     watchdog: hrtimer::HrTimer<Watchdog>, // watchdog <- hrtimer::HrTimer::new()
/// }
/// # impl Edu<'_> { fn give_up(&self) {} }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// hrtimer::register::<Watchdog>(binding, edu, |edu| &edu.watchdog)?;
/// # Ok(()) }
/// ```
pub trait Handler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The time has come. In hard interrupt context (in softirq context on a PREEMPT_RT kernel):
    /// may not sleep.
    fn expired(scope: &AtomicScope<'_, Self::Device>) -> Restart;
}

/// Whether a timer expires once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restart {
    /// Not by itself.
    No,
    /// So long from now.
    After(Delta),
}

/// A timer, as a field of the data that the driver shares.
pub type HrTimer<H> = Item<H, bindings::hrtimer>;

// SAFETY: A timer may be used by any thread. It is started only while it is live, and cancelled
// after that.
unsafe impl<H: Handler> Kind<bindings::hrtimer, AtomicContext> for H {
    type Device = H::Device;
    type With = ();
    const STARTS_AFTER_STOP: bool = true;

    fn stop(timer: &HrTimer<H>) {
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::hrtimer_cancel(timer.as_raw()) };
    }
}

impl<H: Handler> HrTimer<H> {
    /// Creates a timer that is not live yet.
    pub fn new() -> impl PinInit<Self> {
        // SAFETY: The C function initialises the timer.
        unsafe {
            Self::init(|timer| {
                bindings::hrtimer_setup(
                    timer,
                    Some(Self::expired),
                    bindings::CLOCK_MONOTONIC as bindings::clockid_t,
                    bindings::hrtimer_mode_HRTIMER_MODE_REL,
                )
            })
        }
    }

    /// Has it expire `delay` from now, whether it was started already or not. In any context but
    /// NMI.
    ///
    /// Returns whether the timer is live: `false` where it is not registered yet, or has ended.
    pub fn start(&self, delay: Delta) -> bool {
        // SAFETY: By the type invariant, and for it: it is live.
        self.while_live(|| unsafe {
            bindings::hrtimer_start_range_ns(
                self.as_raw(),
                delay.as_nanos().max(0),
                0,
                bindings::hrtimer_mode_HRTIMER_MODE_REL,
            )
        })
        .is_some()
    }

    /// Takes a start back. In any context but NMI; does not wait for a handler that runs already,
    /// which may start the timer again.
    ///
    /// Returns whether there was one.
    pub fn cancel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::hrtimer_try_to_cancel(self.as_raw()) > 0 }
    }

    /// # Safety
    ///
    /// Called by the timer code, for a live timer.
    unsafe extern "C" fn expired(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: The timer code passes the timer of a live item, whose end waits for this by
        // `hrtimer_cancel()`: the item is there meanwhile.
        let timer = unsafe { Self::from_raw(timer) };
        // SAFETY: The item is live, and so registered, and its end waits for this by
        // `hrtimer_cancel()`.
        if let Restart::After(delay) = H::expired(&unsafe { timer.scope() }) {
            // Not by what is returned: somebody else may have started it meanwhile.
            timer.start(delay);
        }
        bindings::hrtimer_restart::HRTIMER_NORESTART
    }
}

/// Makes a timer live until unbind. `timer` names it in the data. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the timer was registered before.
/// - `ENOMEM`.
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    data: Shared<'bound, H::Device>,
    timer: impl for<'a, 'b> FnOnce(&'a <H::Device as ForLt>::Of<'b>) -> &'a HrTimer<H>,
) -> Result {
    item::register(binding, NonNull::dangling(), data, timer)
}
