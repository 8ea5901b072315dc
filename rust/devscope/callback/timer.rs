// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a timer.

//! Timers, in units of jiffies.
//!
//! C header: [`include/linux/timer.h`](srctree/include/linux/timer.h)

use super::{
    item::{Item, Keys, Kind},
    Handler, //
};
use crate::scope::AtomicContext;
use kernel::{
    bindings,
    prelude::*,
    time::Jiffies, //
};

/// A timer in jiffies, as a field of the data that the driver shares. Its handler runs in softirq
/// context, and may start the timer again.
///
/// # Examples
///
/// ```
/// struct Blink;
///
/// impl callback::Handler<AtomicContext> for Blink {
///     type Device = CovariantForLt!(Lamp);
///
///     fn run(scope: &mut AtomicScope<'_, Self::Device>) {
///         scope.data().toggle();
///         scope.data().blink.start(msecs_to_jiffies(500));
///     }
/// }
///
/// #[pin_data]
/// struct Lamp {
///     #[pin]
///     blink: Timer<Blink>, // blink <- new_item!("blink")
/// }
/// # impl Lamp { fn toggle(&self) {} }
/// # fn probe<'b>(binding: &mut Binding<'b>, lamp: Shared<'b, CovariantForLt!(Lamp)>) -> Result {
/// callback::register(binding, lamp, |lamp| &lamp.blink)?;
/// # Ok(()) }
/// ```
pub type Timer<H> = Item<H, bindings::timer_list>;

// SAFETY: A timer may be used by any thread. Once it is shut down, nothing starts it.
unsafe impl Kind<AtomicContext> for bindings::timer_list {
    type With = ();

    unsafe fn init<H: Handler<AtomicContext>>(timer: *mut Self, name: &'static CStr, keys: Keys) {
        // SAFETY: The caller passes memory that is valid for writes; the name and the key live for
        // ever.
        unsafe {
            bindings::timer_init_key(
                timer,
                Some(run::<H>),
                0,
                name.as_char_ptr(),
                keys[0].as_ptr(),
            )
        }
    }

    unsafe fn stop(timer: *mut Self) {
        // SAFETY: The caller passes an initialised timer.
        unsafe { bindings::timer_shutdown_sync(timer) };
    }
}

/// # Safety
///
/// Called by the timer code, for a live timer.
unsafe extern "C" fn run<H: Handler<AtomicContext>>(timer: *mut bindings::timer_list) {
    // SAFETY: The timer code passes the timer of a live item, whose end waits for this by
    // `timer_shutdown_sync()`.
    unsafe { Timer::<H>::run(timer) };
}

impl<H: Handler<AtomicContext>> Timer<H> {
    /// Starts the timer, or restarts it if it was started already: it expires `delay` jiffies from
    /// now. In any context but NMI.
    ///
    /// Returns whether the timer is live: `false` if it is not registered yet or has ended.
    pub fn start(&self, delay: Jiffies) -> bool {
        if self.live().is_none() {
            return false;
        }
        // SAFETY: A C global.
        let now = unsafe { (&raw const bindings::jiffies).read_volatile() };
        // SAFETY: By the type invariant. A timer that has ended is shut down, and does not start.
        unsafe { bindings::mod_timer(self.as_raw(), now.wrapping_add(delay)) };
        true
    }

    /// Cancels a start. In any context but NMI. Does not wait for a running handler.
    ///
    /// Returns whether the timer was pending.
    pub fn cancel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::timer_delete(self.as_raw()) != 0 }
    }
}
