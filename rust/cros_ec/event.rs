// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads what the C driver may be writing.

//! Events of the keyboard protocol (MKBP), which are not only key events.

use crate::bindings;
use kernel::{prelude::*, types::Opaque};

/// The maximum size of the data of an event, in bytes.
const MAX_DATA: usize = size_of::<bindings::ec_response_get_next_data_v3>();

const _: () = assert!(size_of::<bindings::ec_response_get_next_event_v3>() == 1 + MAX_DATA);

/// The notification of an event that was fetched from a controller; see
/// [`Ec::events`](crate::Ec::events).
#[repr(transparent)]
pub struct Notification(Opaque<bindings::cros_ec_device>);

impl Notification {
    /// Returns the event. Call this in the handler: the next event overwrites it.
    pub fn event(&self) -> Event {
        let ec = self.0.get();
        // SAFETY: The chain's callers pass the address of a `struct cros_ec_device`, which is valid
        // for the call. If a bus driver fetches two events at a time, the second may be written
        // meanwhile: any bytes are a valid `Event`, and the length is checked.
        unsafe {
            let size = (&raw const (*ec).event_size).read_volatile();
            let raw = (&raw const (*ec).event_data).cast::<[u8; 1 + MAX_DATA]>();
            Event {
                bytes: raw.read_volatile(),
                size: usize::try_from(size).unwrap_or(0).min(MAX_DATA),
            }
        }
    }
}

/// An event: a byte with its kind, and data.
#[derive(Clone, Copy)]
pub struct Event {
    bytes: [u8; 1 + MAX_DATA],
    size: usize,
}

impl Event {
    /// Returns the kind: `EC_MKBP_EVENT_...`.
    #[inline]
    pub fn kind(&self) -> u8 {
        self.bytes[0]
    }

    /// Returns the data.
    #[inline]
    pub fn data(&self) -> &[u8] {
        &self.as_bytes()[1..]
    }

    /// Returns the kind and the data, in the format for user space.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..1 + self.size]
    }
}
