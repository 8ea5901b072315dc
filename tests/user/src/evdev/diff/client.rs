// SPDX-License-Identifier: GPL-2.0

//! The expected state of an open file description.

use libc::clockid_t;
use std::cell::Cell;

/// An open file description.
#[derive(Debug)]
pub struct Client {
    /// It was revoked.
    pub revoked: Cell<bool>,
    /// It may get signals.
    pub asynchronous: Cell<bool>,
    /// Its clock.
    pub clock: Cell<clockid_t>,
    /// The latest time of an event that it has read whose time was not given.
    pub floor: Cell<i64>,
    /// The time of the packet of which it has read only a part.
    pub packet: Cell<Option<(i64, i64)>>,
}

impl Client {
    /// A file that was just opened.
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
