// SPDX-License-Identifier: GPL-2.0

//! An open file as the notifier sees it: which events it wants, and those it has not read.

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

/// How much a client may leave unread; later events are lost. In bytes as the C driver counts them,
/// since a program sees how many events that are.
const LIMIT: usize = PAGE_SIZE;

/// What an event takes beside its data: the C driver's `struct ec_event`.
const OVERHEAD: usize = 32;

#[pin_data]
pub(crate) struct Client {
    /// A bit for each kind of event. Without any, a read is for the version.
    mask: Atomic<usize>,
    #[pin]
    unread: Mutex<Unread>,
    #[pin]
    pub(crate) queue: WaitQueue,
}

#[derive(Default)]
struct Unread {
    events: KVec<Event>,
    bytes: usize,
}

impl Client {
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            mask: Atomic::new(0),
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
        let bytes = unread.bytes + size(event);
        if bytes > LIMIT || unread.events.push(*event, GFP_KERNEL).is_err() {
            return;
        }
        unread.bytes = bytes;
        drop(unread);
        self.queue.wake_all();
    }

    pub(crate) fn has_events(&self) -> bool {
        !self.unread.lock().events.is_empty()
    }

    pub(crate) fn take(&self) -> Option<Event> {
        let mut unread = self.unread.lock();
        let event = unread.events.remove(0).ok()?;
        unread.bytes -= size(&event);
        Some(event)
    }
}

/// The bit of a kind of event. The C driver shifts an `int`, and widens that: programs see it in the
/// bits above the 31st.
fn bit(kind: u8) -> usize {
    // CAST: Extends the sign.
    1i32.wrapping_shl(kind.into()) as isize as usize
}

fn size(event: &Event) -> usize {
    OVERHEAD + event.data().len()
}
