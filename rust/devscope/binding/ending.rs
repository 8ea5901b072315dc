// SPDX-License-Identifier: GPL-2.0

//! Tells waits in callbacks that unbind has begun.

use crate::{gate::Pass, wait::WaitQueue};
use kernel::prelude::*;

/// Whether unbind has begun, and a queue that is woken when it begins.
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

    /// Marks that unbind has begun, and wakes the queue.
    pub(super) fn announce(&self) {
        self.pass.unplug();
        self.queue.wake_all();
    }

    /// Whether unbind has begun. A sleeper tests this while it is on the queue.
    pub(crate) fn has_begun(&self) -> bool {
        !self.pass.is_live()
    }

    /// The queue that is woken when unbind begins.
    pub(crate) fn queue(&self) -> &WaitQueue {
        &self.queue
    }
}
