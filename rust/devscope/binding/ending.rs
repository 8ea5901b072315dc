// SPDX-License-Identifier: GPL-2.0

//! That unbind has begun, for waits in callbacks.

use crate::{gate::Pass, wait::WaitQueue};
use kernel::prelude::*;

/// Whether unbind has begun, and the queue that is woken then.
#[pin_data]
pub(crate) struct Ending {
    pass: Pass,
    #[pin]
    queue: WaitQueue,
}

impl Ending {
    pub(super) fn new() -> impl PinInit<Self> {
        let (name, key) = crate::lock_class!(c"devscope_ending");
        pin_init!(Self {
            pass: Pass::new(),
            queue <- WaitQueue::new(name, key),
        })
    }

    /// Says that unbind has begun.
    pub(super) fn announce(&self) {
        self.pass.unplug();
        self.queue.wake_all();
    }

    /// Whether it has. A sleeper asks while it is on the queue.
    pub(crate) fn has_begun(&self) -> bool {
        !self.pass.is_live()
    }

    /// Woken when it begins.
    pub(crate) fn queue(&self) -> &WaitQueue {
        &self.queue
    }
}
