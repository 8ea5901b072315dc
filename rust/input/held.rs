// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes the event lock of a device, and reads what it protects.

//! A device with its event lock held.

use crate::{device::copy_words, packet::under_event_lock, Device, Words};
use devscope::{
    lock::SpinLockIrqExt,
    scope::MaySleep, //
};
use kernel::{interrupt::LocalInterruptDisabled, sync::SpinLockIrq};

/// The states of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The pressed keys.
    Keys,
    /// The LEDs that are on.
    Leds,
    /// The sounds that are on.
    Sounds,
    /// The switches that are on.
    Switches,
}

/// The event lock of a device: no event is passed on while this exists. Interrupts are disabled.
///
/// # Invariants
///
/// The event lock of the device is held.
pub struct EventLockGuard<'a>(&'a Device);

impl Device {
    /// Runs `f` with the event lock held: no event is passed on meanwhile. `f` may not sleep, and
    /// takes locks with [`EventLockGuard::interrupts`], not with `lock_irq`. Not in
    /// [`Handler::events`](crate::Handler::events), which holds the lock.
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
    /// Returns a state: a bit for each code.
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

    /// Returns the proof that interrupts are disabled, for `lock_with`.
    #[inline]
    pub fn interrupts(&self) -> &LocalInterruptDisabled {
        // SAFETY: By the type invariant.
        unsafe { under_event_lock() }
    }
}
