// SPDX-License-Identifier: GPL-2.0

//! The unread events of a client.

use crate::abi::{Stamp, Wire};
use devscope_input::{bindings, Device, Value};
use kernel::prelude::*;

/// An event and its time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Event {
    pub(crate) stamp: Stamp,
    pub(crate) value: Value,
}

impl Event {
    /// Converts the event to the layout of a read.
    #[inline]
    pub(crate) fn into_wire<W: Wire>(self) -> W {
        W::new(self.stamp, self.value)
    }

    /// Creates the event that tells that earlier events were lost.
    fn dropped(stamp: Stamp) -> Self {
        let value = Value {
            kind: bindings::EV_SYN as u16,
            code: bindings::SYN_DROPPED as u16,
            value: 0,
        };
        Self { stamp, value }
    }
}

/// A client may have this many unread packets, and
const PACKETS: u32 = 8;
/// at least this many unread events.
const MIN_EVENTS: u32 = 64;

/// Events in order, from `tail` to `head`. Those from `packet` on belong to an incomplete packet
/// and cannot be read yet.
pub(crate) struct Ring {
    /// The length is a power of 2.
    events: KVVec<Event>,
    head: u32,
    tail: u32,
    packet: u32,
    /// Counts how often events were taken, put back or dropped.
    changes: u32,
}

impl Ring {
    /// Creates a ring for the events of `device`.
    pub(crate) fn new(device: &Device) -> Result<Self> {
        let wanted = device.events_per_packet().wrapping_mul(PACKETS);
        let len = wanted
            .max(MIN_EVENTS)
            .checked_next_power_of_two()
            .ok_or(ENOMEM)?;
        Ok(Self {
            // CAST: Widens.
            events: KVVec::from_elem(Event::default(), len as usize, GFP_KERNEL)?,
            head: 0,
            tail: 0,
            packet: 0,
            changes: 0,
        })
    }

    fn wrap(&self, at: u32) -> u32 {
        // CAST: As `len` in `new`.
        at & (self.events.len() as u32).wrapping_sub(1)
    }

    fn put(&mut self, at: u32, event: Event) {
        // CAST: Widens.
        if let Some(place) = self.events.get_mut(at as usize) {
            *place = event;
        }
    }

    fn get(&self, at: u32) -> Option<Event> {
        // CAST: Widens.
        self.events.get(at as usize).copied()
    }

    /// Returns whether there is a complete packet, or the rest of one.
    #[inline]
    pub(crate) fn is_readable(&self) -> bool {
        self.packet != self.tail
    }

    /// Returns whether there are no events after the last complete packet.
    #[inline]
    pub(crate) fn is_at_packet(&self) -> bool {
        self.packet == self.head
    }

    /// Adds an event. If the ring is full, one event that tells of the loss replaces all earlier
    /// ones.
    #[inline]
    pub(crate) fn push(&mut self, event: Event) {
        self.put(self.head, event);
        self.head = self.wrap(self.head + 1);
        if self.head == self.tail {
            self.tail = self.wrap(self.head.wrapping_sub(2));
            self.put(self.tail, Event::dropped(event.stamp));
            self.packet = self.tail;
            self.changes = self.changes.wrapping_add(1);
        }
        if event.value.is_report() {
            self.packet = self.head;
        }
    }

    /// Adds an event that tells that events were lost, which can be read with the next packet.
    pub(crate) fn push_dropped(&mut self, stamp: Stamp) {
        self.put(self.head, Event::dropped(stamp));
        self.head = self.wrap(self.head + 1);
        if self.head == self.tail {
            self.tail = self.wrap(self.head.wrapping_sub(1));
            self.packet = self.tail;
            self.changes = self.changes.wrapping_add(1);
        }
    }

    /// Drops all events. If there were any, adds an event that tells of this.
    pub(crate) fn clear(&mut self, stamp: Stamp) {
        // Also those that a reader has taken and may want to put back.
        self.changes = self.changes.wrapping_add(1);
        if self.head != self.tail {
            self.head = self.tail;
            self.packet = self.tail;
            self.push_dropped(stamp);
        }
    }

    /// Takes an event that can be read.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Event> {
        if !self.is_readable() {
            return None;
        }
        let event = self.get(self.tail);
        self.tail = self.wrap(self.tail + 1);
        self.changes = self.changes.wrapping_add(1);
        event
    }

    /// Returns a number that changes with every change of the ring except added events.
    #[inline]
    pub(crate) fn changes(&self) -> u32 {
        self.changes
    }

    /// Puts back the last `count` events that were taken, if [`Self::changes`] is still `after`,
    /// and there is room. Returns whether it did.
    #[must_use]
    pub(crate) fn give_back(&mut self, count: u32, after: u32) -> bool {
        let free = self.wrap(self.tail.wrapping_sub(self.head).wrapping_sub(1));
        let fits = self.changes == after && count <= free;
        if fits {
            self.tail = self.wrap(self.tail.wrapping_sub(count));
            self.changes = self.changes.wrapping_add(1);
        }
        fits
    }

    /// Drops the events of a type, and packets that become empty by this. A packet at the front,
    /// which may have been read in part, keeps its end.
    pub(crate) fn drop_kind(&mut self, kind: u16) {
        let (mut from, mut to) = (self.tail, self.tail);
        self.packet = self.tail;
        self.changes = self.changes.wrapping_add(1);
        let mut in_packet = 1;
        while from != self.head {
            let event = self.get(from);
            from = self.wrap(from + 1);
            let Some(event) = event else { break };
            let is_report = event.value.is_report();
            if event.value.kind == kind || is_report && in_packet == 0 {
                continue;
            }
            self.put(to, event);
            to = self.wrap(to + 1);
            in_packet += 1;
            if is_report {
                in_packet = 0;
                self.packet = to;
            }
        }
        self.head = to;
    }
}
