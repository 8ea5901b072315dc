// SPDX-License-Identifier: GPL-2.0

//! An open file: the events that it wants, and the unread events.

use devscope::prelude::*;
use devscope_cros_ec::Event;
use kernel::{
    new_mutex,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Mutex, //
    },
};

/// The limit of unread events; later events are lost. In bytes as the C driver counts them, since a
/// program sees the resulting number of events.
const LIMIT: usize = PAGE_SIZE;

/// The size of an event in addition to its data: the C driver's `struct ec_event`.
const OVERHEAD: usize = 32;

#[pin_data]
pub(crate) struct Client {
    /// A bit for each kind of event. If no bit is set, a read returns the version.
    mask: Atomic<usize>,
    /// The number of events in `unread`.
    count: Atomic<usize>,
    #[pin]
    unread: Mutex<Unread>,
    #[pin]
    pub(crate) queue: WaitQueue,
}

/// Events in order. Those before `first` were read.
#[derive(Default)]
struct Unread {
    events: KVec<Event>,
    first: usize,
    bytes: usize,
}

impl Client {
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            mask: Atomic::new(0),
            count: Atomic::new(0),
            unread <- new_mutex!(Unread::default()),
            queue <- new_wait_queue!(),
        })
    }

    pub(crate) fn mask(&self) -> usize {
        self.mask.load(Relaxed)
    }

    pub(crate) fn set_mask(&self, mask: usize) {
        self.mask.store(mask, Relaxed);
    }

    /// Queues an event, if the client wants it and there is room.
    pub(crate) fn tell(&self, event: &Event) {
        if self.mask() & bit(event.kind()) == 0 {
            return;
        }
        let mut unread = self.unread.lock();
        if unread.push(event).is_ok() {
            self.count.store(unread.len(), Relaxed);
            drop(unread);
            self.queue.wake_all();
        }
    }

    pub(crate) fn has_events(&self) -> bool {
        self.count.load(Relaxed) != 0
    }

    pub(crate) fn take(&self) -> Option<Event> {
        if !self.has_events() {
            return None;
        }
        let mut unread = self.unread.lock();
        let event = unread.pop();
        self.count.store(unread.len(), Relaxed);
        event
    }
}

impl Unread {
    fn len(&self) -> usize {
        self.events.len() - self.first
    }

    fn push(&mut self, event: &Event) -> Result {
        let bytes = self.bytes + size(event);
        if bytes > LIMIT {
            return Err(ENOSPC);
        }
        if self.first > self.len() {
            self.events.copy_within(self.first.., 0);
            self.events.truncate(self.len());
            self.first = 0;
        }
        self.events.push(*event, GFP_KERNEL)?;
        self.bytes = bytes;
        Ok(())
    }

    fn pop(&mut self) -> Option<Event> {
        let event = *self.events.get(self.first)?;
        self.first += 1;
        self.bytes -= size(&event);
        if self.len() == 0 {
            self.events.clear();
            self.first = 0;
        }
        Some(event)
    }
}

/// Returns the bit of a kind of event. The C driver shifts an `int` and widens the result: programs
/// see this in the bits above the 31st.
fn bit(kind: u8) -> usize {
    // CAST: Extends the sign.
    1i32.wrapping_shl(kind.into()) as isize as usize
}

fn size(event: &Event) -> usize {
    OVERHEAD + event.data().len()
}
