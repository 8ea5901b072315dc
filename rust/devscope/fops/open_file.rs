// SPDX-License-Identifier: GPL-2.0
// UNSAFE: implements a list item through the kernel crate's macros.

//! The memory behind one open file description.

use super::{Endpoint, SyncFile};
use crate::{
    gate::{Inside, Pass},
    wait::WaitQueue, //
};
use kernel::{
    list::{impl_list_arc_safe, impl_list_item, ListLinks},
    prelude::*,
    sync::Arc, //
};

/// One open file description. It is shared by its `struct file` and, until it is disconnected, by
/// the list of its endpoint; so it outlives the binding where user space keeps it open, and is
/// gone after the last close.
#[pin_data]
pub(crate) struct OpenFile<T: SyncFile> {
    pass: Pass,
    endpoint: Arc<Endpoint<T>>,
    #[pin]
    data: T,
    /// Woken when the pass is cancelled; every sleeper and poller of the file is on it.
    #[pin]
    closing: WaitQueue,
    #[pin]
    links: ListLinks,
}

impl_list_arc_safe! {
    impl{T: SyncFile} ListArcSafe<0> for OpenFile<T> { untracked; }
}

impl_list_item! {
    impl{T: SyncFile} ListItem<0> for OpenFile<T> { using ListLinks { self.links }; }
}

impl<T: SyncFile> OpenFile<T> {
    pub(super) fn new(
        endpoint: Arc<Endpoint<T>>,
        data: impl PinInit<T, Error>,
    ) -> impl PinInit<Self, Error> {
        let (name, key) = crate::lock_class!(c"devscope_closing");
        try_pin_init!(Self {
            pass: Pass::new(),
            endpoint,
            data <- data,
            closing <- WaitQueue::new(name, key),
            links <- ListLinks::new(),
        })
    }

    /// Enters the gate of the endpoint with this file's pass.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        self.endpoint.gate().enter(&self.pass)
    }

    #[inline(always)]
    pub(crate) fn endpoint(&self) -> &Endpoint<T> {
        &self.endpoint
    }

    #[inline(always)]
    pub(crate) fn data(&self) -> &T {
        &self.data
    }

    pub(crate) fn closing(&self) -> &WaitQueue {
        &self.closing
    }

    /// Lets nobody in any more, and wakes everyone who sleeps or polls.
    pub(super) fn cancel(&self) {
        self.pass.cancel();
        self.closing.wake_poll(super::shim::UNPLUGGED.mask());
    }
}
