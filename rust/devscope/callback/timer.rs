// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a timer.

//! Timers, in units of jiffies.
//!
//! C header: [`include/linux/timer.h`](srctree/include/linux/timer.h)

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
    sync::LockClassKey,
    time::Jiffies,
    types::{ForLt, Opaque}, //
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
///
/// # Invariants
///
/// `timer` is initialised. It is pending only while it is live: after [`register`], and before the
/// registration is dropped.
#[pin_data]
pub struct Timer<H: Handler> {
    #[pin]
    timer: Opaque<bindings::timer_list>,
    target: Target<H::Device>,
}

// SAFETY: A timer may be used by any thread.
unsafe impl<H: Handler> Send for Timer<H> {}
// SAFETY: A timer may be used by any thread.
unsafe impl<H: Handler> Sync for Timer<H> {}

impl<H: Handler> Timer<H> {
    /// Creates a timer that is not live yet. Drivers use [`new_timer!`](crate::new_timer).
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C function initialises it.
            timer <- Opaque::ffi_init(|timer| {
                // SAFETY: `timer` is valid for writes and stays where it is; `name` and `key` live
                // for ever.
                unsafe {
                    bindings::timer_init_key(
                        timer, Some(Self::expired), 0, name.as_char_ptr(), key.as_ptr(),
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
    pub fn start(&self, delay: Jiffies) -> bool {
        if self.target.live().is_none() {
            return false;
        }
        // SAFETY: A C global.
        let now = unsafe { (&raw const bindings::jiffies).read_volatile() };
        // SAFETY: By the type invariant. A timer that has ended is shut down, and does not start.
        unsafe { bindings::mod_timer(self.timer.get(), now.wrapping_add(delay)) };
        true
    }

    /// Takes a start back. In any context but NMI; does not wait for a handler that runs already.
    ///
    /// Returns whether there was one.
    pub fn cancel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::timer_delete(self.timer.get()) != 0 }
    }

    /// # Safety
    ///
    /// Called by the timer code, for a live timer.
    unsafe extern "C" fn expired(timer: *mut bindings::timer_list) {
        // SAFETY: By the safety requirement. Dropping the registration waits for the handler.
        let data = unsafe {
            let timer = container_of!(Opaque::cast_from(timer), Self, timer);
            (*timer).target.data()
        };
        H::expired(&AtomicScope::new(data));
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
    // SAFETY: The data is dropped after the registration.
    let timer = unsafe { data.project(timer) };
    timer
        .target
        .register(binding, timer, data, NonNull::dangling())
}

impl<H: Handler> Stop for Timer<H> {
    fn stop(&self) {
        self.target.end();
        // SAFETY: By the type invariant, it is initialised.
        unsafe { bindings::timer_shutdown_sync(self.timer.get()) };
    }
}
