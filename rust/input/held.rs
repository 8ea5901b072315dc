// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes the event lock of a device, and reads what it protects.

//! A device, with its events held up.

use crate::{device::copy_words, packet::under_event_lock, Device, Words};
use devscope::{
    lock::SpinLockIrqExt,
    scope::MaySleep, //
};
use kernel::{interrupt::LocalInterruptDisabled, sync::SpinLockIrq};

/// Which state of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Which keys are pressed.
    Keys,
    /// Which lights are on.
    Leds,
    /// Which sounds are.
    Sounds,
    /// Which switches are.
    Switches,
}

/// A device no event of which is passed on as long as this lives. Interrupts are disabled.
///
/// # Invariants
///
/// The event lock of the device is held.
pub struct EventLockGuard<'a>(&'a Device);

impl Device {
    /// Holds up its events for the time of `f`, which may not sleep, and takes locks with
    /// [`EventLockGuard::interrupts`], not with `lock_irq`. Not in
    /// [`Handler::events`](crate::Handler::events), which has the lock.
    #[inline]
    pub fn hold<R>(&self, context: &impl MaySleep, f: impl FnOnce(&EventLockGuard<'_>) -> R) -> R {
        // SAFETY: The device is initialised.
        let lock =
            unsafe { SpinLockIrq::<()>::from_raw((&raw mut (*self.as_raw()).event_lock).cast()) };
        let _guard = lock.lock_irq(context);
        // INVARIANT: Just taken.
        f(&EventLockGuard(self))
    }
}

impl EventLockGuard<'_> {
    /// What is pressed, or on: a bit for each code.
    #[inline]
    pub fn state(&self, state: State) -> Words {
        let device = self.0.as_raw();
        // SAFETY: The device is initialised, and these arrays are in it.
        unsafe {
            match state {
                State::Keys => copy_words(&raw const (*device).key),
                State::Leds => copy_words(&raw const (*device).led),
                State::Sounds => copy_words(&raw const (*device).snd),
                State::Switches => copy_words(&raw const (*device).sw),
            }
        }
    }

    /// That interrupts are disabled, for locks that want it so.
    #[inline]
    pub fn interrupts(&self) -> &LocalInterruptDisabled {
        // SAFETY: By the type invariant.
        unsafe { under_event_lock() }
    }
}
