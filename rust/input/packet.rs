// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads what the input core passes to a handler.

//! The events that the input core passes to a handler.

use crate::{bindings, Device};
use core::slice;
use kernel::{
    interrupt::LocalInterruptDisabled,
    prelude::*,
    time::{BootTime, ClockSource, Monotonic, RealTime}, //
};

/// An event: `struct input_value`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Value {
    /// `EV_...`
    pub kind: u16,
    /// `KEY_...`, `REL_...`, `SYN_...` and so on.
    pub code: u16,
    /// The new value, or the change.
    pub value: i32,
}

const _: () = assert!(size_of::<Value>() == size_of::<bindings::input_value>());

impl Value {
    /// Returns whether the event is the end of a packet.
    #[inline]
    pub fn is_report(&self) -> bool {
        u32::from(self.kind) == bindings::EV_SYN && u32::from(self.code) == bindings::SYN_REPORT
    }
}

/// The clock of a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Clock {
    /// `CLOCK_REALTIME`
    Real = bindings::input_clock_type_INPUT_CLK_REAL as usize,
    /// `CLOCK_MONOTONIC`
    Monotonic = bindings::input_clock_type_INPUT_CLK_MONO as usize,
    /// `CLOCK_BOOTTIME`
    Boot = bindings::input_clock_type_INPUT_CLK_BOOT as usize,
}

impl Clock {
    /// Returns the current time, in nanoseconds.
    pub fn now(self) -> i64 {
        match self {
            Self::Real => RealTime::ktime_get(),
            Self::Monotonic => Monotonic::ktime_get(),
            Self::Boot => BootTime::ktime_get(),
        }
    }
}

/// The events that a device has sent at one time, usually up to a `SYN_REPORT`.
///
/// # Invariants
///
/// - `times` is valid for `'a`, and indexed by [`Clock`].
/// - The event lock of the device is held for `'a`.
pub struct Packet<'a> {
    values: &'a [Value],
    times: *const [i64; 3],
}

impl<'a> Packet<'a> {
    /// # Safety
    ///
    /// The caller is a handler's `events` for the time of `'a`, `values` and `count` are its
    /// arguments, and `device` is the one whose event lock is held meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(
        device: &Device,
        values: *const bindings::input_value,
        count: c_uint,
    ) -> Self {
        // SAFETY:
        // - The caller is a handler's `events`, so `values` has `count` values, of the same layout,
        //   for `'a`. The event lock is held meanwhile, so no code writes them.
        // - The times may be updated with this lock held, and it is that of `device`, as the caller
        //   guarantees.
        unsafe {
            // INVARIANT: The times are a part of the device, whose lock is held for `'a`, and which
            // is valid meanwhile.
            Self {
                // CAST: Widens.
                values: slice::from_raw_parts(values.cast(), count as usize),
                times: bindings::input_get_timestamp(device.as_raw()).cast(),
            }
        }
    }

    /// Returns the events.
    #[inline]
    pub fn values(&self) -> &'a [Value] {
        self.values
    }

    /// Returns the time of the events, in nanoseconds.
    #[inline]
    pub fn time(&self, clock: Clock) -> i64 {
        // SAFETY: By the type invariant. A driver may set other times meanwhile.
        unsafe { (&raw const (*self.times)[clock as usize]).read_volatile() }
    }

    /// Returns the proof that interrupts are disabled, for `lock_with`.
    #[inline]
    pub fn interrupts(&self) -> &LocalInterruptDisabled {
        // SAFETY: By the type invariant.
        unsafe { under_event_lock() }
    }
}

/// Returns the proof that interrupts are disabled, or need not be.
///
/// # Safety
///
/// A device's event lock is held for `'a`.
#[inline(always)]
pub(crate) unsafe fn under_event_lock<'a>() -> &'a LocalInterruptDisabled {
    if cfg!(CONFIG_PREEMPT_RT) {
        // On PREEMPT_RT, the event lock is a sleeping lock, as are all locks that are taken with
        // this.
        // SAFETY: It has no size, and its guarantee is not used on PREEMPT_RT.
        unsafe { core::ptr::NonNull::dangling().as_ref() }
    } else {
        // SAFETY: The caller has a device's event lock held for `'a`, which is taken with
        // interrupts disabled.
        unsafe { LocalInterruptDisabled::assume_disabled() }
    }
}
