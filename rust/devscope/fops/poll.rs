// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps `poll_table`.

//! `poll()`: what is ready, and who tells.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)

use super::{OpenFile, SyncFile};
use crate::wait::WaitQueue;
use core::ops::BitOr;
use kernel::bindings;

/// A set of events, as `poll()` returns them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Events(u32);

impl Events {
    /// Nothing is ready.
    pub const NONE: Self = Self(0);
    /// Ready to read: `EPOLLIN | EPOLLRDNORM`.
    pub const IN: Self = Self(0x001 | 0x040);
    /// Ready to write: `EPOLLOUT | EPOLLWRNORM`.
    pub const OUT: Self = Self(0x004 | 0x100);
    /// Something urgent: `EPOLLPRI`.
    pub const PRI: Self = Self(0x002);
    /// An error: `EPOLLERR`.
    pub const ERR: Self = Self(0x008);
    /// The other side is gone: `EPOLLHUP`.
    pub const HUP: Self = Self(0x010);

    /// `self`, if `condition` holds.
    #[must_use]
    pub fn when(self, condition: bool) -> Self {
        if condition {
            self
        } else {
            Self::NONE
        }
    }

    pub(super) const fn unplugged() -> Self {
        Self(Self::HUP.0 | Self::ERR.0)
    }

    pub(crate) const fn mask(self) -> u32 {
        self.0
    }
}

impl BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Where a driver's `poll` method names its queues.
///
/// # Invariants
///
/// `file` is valid and open on `open`; `table` is null or valid.
pub struct PollTable<'a, T: SyncFile> {
    open: &'a OpenFile<T>,
    file: *mut bindings::file,
    table: *mut bindings::poll_table,
}

impl<'a, T: SyncFile> PollTable<'a, T> {
    /// # Safety
    ///
    /// `file` is a file whose operation runs for `'a`, open on `open`. `table` is the table that
    /// the VFS passed.
    pub(super) unsafe fn from_raw(
        open: &'a OpenFile<T>,
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> Self {
        // INVARIANT: By the safety requirement.
        Self { open, file, table }
    }

    /// Has the poller woken with this queue. Call it before looking at what is ready.
    pub fn wait(&mut self, queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue) {
        self.wait_raw(queue(self.open.data()));
    }

    /// Has the poller woken when the device goes.
    pub(super) fn wait_closing(&mut self) {
        self.wait_raw(self.open.closing());
    }

    /// `queue` is in, or owned by, the data of the open file or the open file itself, which live
    /// until its `release`; a poller's registration ends before that.
    fn wait_raw(&mut self, queue: &WaitQueue) {
        // SAFETY: By the type invariants, and as said above.
        unsafe { bindings::poll_wait(self.file, queue.as_raw(), self.table) };
    }
}
