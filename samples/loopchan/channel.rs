// SPDX-License-Identifier: GPL-2.0

//! The data that the two ends of a channel share.

use devscope::prelude::*;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{Arc, Mutex}, //
};

/// The size of the queue in each direction, in bytes.
const DEPTH: usize = 4096;

/// One of the two ends.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Left, Self::Right];

    fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// A channel: data that is written to one end is read from the other.
#[pin_data]
pub(crate) struct Channel {
    #[pin]
    ways: Mutex<[Way; 2]>,
    /// Woken when there is data to read, or room to write, or an end is gone.
    #[pin]
    pub(crate) changed: WaitQueue,
}

impl Channel {
    pub(crate) fn new() -> Result<Arc<Self>> {
        let ways = [Way::new()?, Way::new()?];
        Arc::pin_init(
            try_pin_init!(Self {
                ways <- new_mutex!(ways),
                changed <- new_wait_queue!(),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Takes data for `side`, and returns the number of bytes: 0 if the other end is gone, `None`
    /// if data may still come.
    pub(crate) fn take(&self, side: Side, bytes: &mut [u8]) -> Option<usize> {
        let mut ways = self.ways.lock();
        let gone = ways[side.other() as usize].gone;
        let taken = ways[side as usize].take(bytes);
        drop(ways);
        if taken > 0 {
            self.changed.wake_all();
        }
        (taken > 0 || gone).then_some(taken)
    }

    /// Adds as many bytes from `side` as fit, and returns their number, or `None` if none fits.
    pub(crate) fn put(&self, side: Side, bytes: &[u8]) -> Option<Result<usize>> {
        let mut ways = self.ways.lock();
        let way = &mut ways[side.other() as usize];
        if way.gone {
            return Some(Err(EPIPE));
        }
        let put = way.put(bytes);
        drop(ways);
        if put > 0 {
            self.changed.wake_all();
        }
        (put > 0).then_some(Ok(put))
    }

    /// Returns the operations that do not block for `side`.
    pub(crate) fn ready(&self, side: Side) -> Events {
        let ways = self.ways.lock();
        let (here, there) = (&ways[side as usize], &ways[side.other() as usize]);
        Events::IN.when(here.len > 0 || there.gone)
            | Events::OUT.when(there.len < DEPTH || there.gone)
    }

    /// Marks `side` as gone.
    pub(crate) fn leave(&self, side: Side) {
        self.ways.lock()[side as usize].gone = true;
        self.changed.wake_all();
    }
}

/// One direction: the data for one end.
struct Way {
    ring: KVec<u8>,
    first: usize,
    len: usize,
    gone: bool,
}

impl Way {
    fn new() -> Result<Self> {
        Ok(Self {
            ring: KVec::from_elem(0, DEPTH, GFP_KERNEL)?,
            first: 0,
            len: 0,
            gone: false,
        })
    }

    fn take(&mut self, bytes: &mut [u8]) -> usize {
        let count = bytes.len().min(self.len);
        for byte in &mut bytes[..count] {
            *byte = self.ring[self.first];
            self.first = (self.first + 1) % DEPTH;
        }
        self.len -= count;
        count
    }

    fn put(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(DEPTH - self.len);
        for byte in &bytes[..count] {
            self.ring[(self.first + self.len) % DEPTH] = *byte;
            self.len += 1;
        }
        count
    }
}
