// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a high-resolution timer.

//! High-resolution timers, on the monotonic clock.
//!
//! C header: [`include/linux/hrtimer.h`](srctree/include/linux/hrtimer.h)

use super::target::{Stop, Target};
use crate::{
    binding::{Binding, Shared},
    scope::AtomicScope, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    container_of,
    prelude::*,
    time::Delta,
    types::{ForLt, Opaque}, //
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
///
/// # Invariants
///
/// `timer` is initialised. It is queued only while it is live: after [`register`], and before the
/// registration is dropped.
#[pin_data]
pub struct HrTimer<H: Handler> {
    #[pin]
    timer: Opaque<bindings::hrtimer>,
    target: Target<H::Device>,
}

// SAFETY: A timer may be used by any thread.
unsafe impl<H: Handler> Send for HrTimer<H> {}
// SAFETY: A timer may be used by any thread.
unsafe impl<H: Handler> Sync for HrTimer<H> {}

impl<H: Handler> HrTimer<H> {
    /// Creates a timer that is not live yet.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C function initialises it.
            timer <- Opaque::ffi_init(|timer| {
                // SAFETY: `timer` is valid for writes and stays where it is.
                unsafe {
                    bindings::hrtimer_setup(
                        timer,
                        Some(Self::expired),
                        bindings::CLOCK_MONOTONIC as bindings::clockid_t,
                        bindings::hrtimer_mode_HRTIMER_MODE_REL,
                    )
                }
            }),
            target: Target::new(),
        })
    }

    /// Has it expire `delay` from now, whether it was started already or not. In any context but
    /// NMI.
    ///
    /// Returns whether the timer is live: `false` where it is not registered yet, or has ended.
    pub fn start(&self, delay: Delta) -> bool {
        self.target
            // SAFETY: By the type invariant, and for it: it is live.
            .while_live(|| unsafe {
                bindings::hrtimer_start_range_ns(
                    self.timer.get(),
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
        unsafe { bindings::hrtimer_try_to_cancel(self.timer.get()) > 0 }
    }

    /// # Safety
    ///
    /// Called by the timer code, for a live timer.
    unsafe extern "C" fn expired(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: By the safety requirement. Dropping the registration waits for the handler.
        let this = unsafe { &*container_of!(Opaque::cast_from(timer), Self, timer) };
        // SAFETY: The data is there while a registration is, and this one is.
        let data = unsafe { this.target.data() };
        if let Restart::After(delay) = H::expired(&AtomicScope::new(data)) {
            // Not by what is returned: somebody else may have started it meanwhile.
            this.start(delay);
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
    // SAFETY: The data is dropped after the registration.
    let timer = unsafe { data.project(timer) };
    timer
        .target
        .register(binding, timer, data, NonNull::dangling())
}

impl<H: Handler> Stop for HrTimer<H> {
    fn stop(&self) {
        // The timer code cannot be told to refuse.
        self.target.end_sync();
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::hrtimer_cancel(self.timer.get()) };
    }
}
