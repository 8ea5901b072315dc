// SPDX-License-Identifier: GPL-2.0

//! What is known of an open file description, whichever descriptors it has.

use libc::clockid_t;
use std::cell::Cell;

/// One of them.
#[derive(Debug)]
pub struct Client {
    /// It is cut off from its device.
    pub revoked: Cell<bool>,
    /// It may get signals.
    pub asynchronous: Cell<bool>,
    /// Its clock.
    pub clock: Cell<clockid_t>,
    /// Its last time that was no given one.
    pub floor: Cell<i64>,
    /// The time of the packet of which it has read a part.
    pub packet: Cell<Option<(i64, i64)>>,
}

impl Client {
    /// One that was opened now.
    pub fn new() -> Self {
        Self {
            revoked: Cell::new(false),
            asynchronous: Cell::new(false),
            clock: Cell::new(libc::CLOCK_REALTIME),
            floor: Cell::new(0),
            packet: Cell::new(None),
        }
    }
}
