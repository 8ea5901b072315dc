// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a timer.

//! Timers, in units of jiffies.
//!
//! C header: [`include/linux/timer.h`](srctree/include/linux/timer.h)

use super::item::{self, Item, Kind};
use crate::{
    binding::{Binding, Shared},
    scope::{AtomicContext, AtomicScope}, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey,
    time::Jiffies,
    types::ForLt, //
};

/// What a timer does when its time has come.
///
/// # Examples
///
/// ```
/// struct Blink;
///
/// impl timer::Handler for Blink {
///     type Device = CovariantForLt!(Lamp);
///
///     fn expired(scope: &AtomicScope<'_, Self::Device>) {
///         scope.data().toggle();
///         scope.data().blink.start(msecs_to_jiffies(500));
///     }
/// }
///
/// #[pin_data]
/// struct Lamp {
///     #[pin]
///     blink: timer::Timer<Blink>, // blink <- new_timer!("blink")
/// }
/// # impl Lamp { fn toggle(&self) {} }
/// # fn probe<'b>(binding: &mut Binding<'b>, lamp: Shared<'b, CovariantForLt!(Lamp)>) -> Result {
/// timer::register::<Blink>(binding, lamp, |lamp| &lamp.blink)?;
/// # Ok(()) }
/// ```
pub trait Handler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The time has come. In softirq context: may not sleep. It may start the timer again.
    fn expired(scope: &AtomicScope<'_, Self::Device>);
}

/// A timer, as a field of the data that the driver shares. Make one with
/// [`new_timer!`](crate::new_timer).
pub type Timer<H> = Item<H, bindings::timer_list>;

// SAFETY: A timer may be used by any thread. Once it is shut down, nothing starts it.
unsafe impl<H: Handler> Kind<bindings::timer_list, AtomicContext> for H {
    type Device = H::Device;
    type With = ();

    fn stop(timer: &Timer<H>) {
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::timer_shutdown_sync(timer.as_raw()) };
    }
}

impl<H: Handler> Timer<H> {
    /// Creates a timer that is not live yet. Drivers use [`new_timer!`](crate::new_timer).
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        // SAFETY:
        // - The C function initialises the timer.
        // - `name` and `key` live for ever.
        unsafe {
            Self::init(move |timer| {
                bindings::timer_init_key(
                    timer,
                    Some(Self::expired),
                    0,
                    name.as_char_ptr(),
                    key.as_ptr(),
                )
            })
        }
    }

    /// Has it expire `delay` from now, whether it was started already or not. In any context but
    /// NMI.
    ///
    /// Returns whether the timer is live: `false` where it is not registered yet, or has ended.
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

    /// Takes a start back. In any context but NMI; does not wait for a handler that runs already.
    ///
    /// Returns whether there was one.
    pub fn cancel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::timer_delete(self.as_raw()) != 0 }
    }

    /// # Safety
    ///
    /// Called by the timer code, for a live timer.
    unsafe extern "C" fn expired(timer: *mut bindings::timer_list) {
        // SAFETY: The timer code passes the timer of a live item, whose end waits for this by
        // `timer_shutdown_sync()`: the item is there, and registered, meanwhile.
        H::expired(&unsafe { Self::from_raw(timer).scope() });
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
    timer: impl for<'a, 'b> FnOnce(&'a <H::Device as ForLt>::Of<'b>) -> &'a Timer<H>,
) -> Result {
    item::register(binding, NonNull::dangling(), data, timer)
}
