// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads what the C driver may be writing.

//! Events of the keyboard protocol (MKBP), which carries more than keys.

use crate::bindings;
use kernel::{prelude::*, types::Opaque};

/// The most data that an event has, in bytes.
const MAX_DATA: usize = size_of::<bindings::ec_response_get_next_data_v3>();

const _: () = assert!(size_of::<bindings::ec_response_get_next_event_v3>() == 1 + MAX_DATA);

/// That a controller has fetched an event; see [`Ec::events`](crate::Ec::events).
#[repr(transparent)]
pub struct Notification(Opaque<bindings::cros_ec_device>);

impl Notification {
    /// The event. Call it in the handler: the next event takes the same place.
    pub fn event(&self) -> Event {
        let ec = self.0.get();
        // SAFETY: The chain's callers pass the address of a `struct cros_ec_device`, which is there
        // for the call. Where a bus driver fetches two events at a time, the second may be written
        // meanwhile: any bytes are an `Event`, and the length is checked.
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

/// An event: a byte that says of which kind it is, and data.
#[derive(Clone, Copy)]
pub struct Event {
    bytes: [u8; 1 + MAX_DATA],
    size: usize,
}

impl Event {
    /// Which kind: `EC_MKBP_EVENT_...`.
    #[inline]
    pub fn kind(&self) -> u8 {
        self.bytes[0]
    }

    /// Its data.
    #[inline]
    pub fn data(&self) -> &[u8] {
        &self.as_bytes()[1..]
    }

    /// The kind and the data, as user space gets it.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..1 + self.size]
    }
}
