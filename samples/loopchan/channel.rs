// SPDX-License-Identifier: GPL-2.0

//! What the two ends of a channel share.

use devscope::prelude::*;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{Arc, Mutex}, //
};

/// How many bytes may wait to be read, each way.
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

/// What is written to one end, and read from the other.
#[pin_data]
pub(crate) struct Channel {
    #[pin]
    ways: Mutex<[Way; 2]>,
    /// Woken when there is something to read, or room to write, or an end is gone.
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

    /// Takes what there is for `side`, and returns how much: 0 when nothing will come any more, and
    /// `None` when something may.
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

    /// Puts what fits on the way from `side`, and returns how much; `None` when nothing fits.
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

    /// What `side` can do without waiting.
    pub(crate) fn ready(&self, side: Side) -> Events {
        let ways = self.ways.lock();
        let (here, there) = (&ways[side as usize], &ways[side.other() as usize]);
        Events::IN.when(here.len > 0 || there.gone)
            | Events::OUT.when(there.len < DEPTH || there.gone)
    }

    /// `side` is gone.
    pub(crate) fn leave(&self, side: Side) {
        self.ways.lock()[side as usize].gone = true;
        self.changed.wake_all();
    }
}

/// The way to one end.
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
