// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps `poll_table`.

//! `poll()`: where pollers wait.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)

use super::{FileOperations, OpenFile};
use crate::wait::{Events, WaitQueue};
use kernel::bindings;

/// Where a driver's `poll` method names its queues.
///
/// Name one. A second is possible, but asynchronous pollers (io_uring, Linux AIO) then have more
/// queues to follow than they can, and answer `EINVAL`; and an edge-triggered poller may be told
/// twice that the device is gone.
///
/// # Invariants
///
/// `file` is valid and open on `open`; `table` is null or valid.
pub struct PollTable<'a, T: FileOperations> {
    open: &'a OpenFile<T>,
    file: *mut bindings::file,
    table: *mut bindings::poll_table,
    /// Whether the poller is on a queue that is woken when the device goes.
    hears: bool,
}

impl<'a, T: FileOperations> PollTable<'a, T> {
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
        Self {
            open,
            file,
            table,
            hears: false,
        }
    }

    /// Has the poller woken with this queue. Call it before looking at what is ready.
    pub fn wait(&mut self, queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue) {
        let queue = queue(self.open.data());
        self.hears |= self.open.wakes_pollers_on(queue);
        // SAFETY: By the type invariants. The queue is in, or owned by, the data of the open
        // file, since it was found there for any lifetime; that lives until the file's `release`,
        // and a poller's registration ends before.
        unsafe { bindings::poll_wait(self.file, queue.as_raw(), self.table) };
    }

    /// Whether the file is neither unplugged nor revoked.
    pub(super) fn is_live(&self) -> bool {
        self.open.pass().is_live()
    }

    /// What the poller is told where the device is gone.
    ///
    /// `poll()` and epoll ask for `EPOLLHUP` and `EPOLLERR` by themselves. Two do not, and would
    /// not see them: `select()` for exceptions, which asks for `EPOLLPRI` alone, and is told that;
    /// and io_uring, before it lets a request call a driver that may block. That asks whether a
    /// read or a write comes back at once, without waiting for it to be so, and now they do.
    pub(super) fn gone(&self) -> u32 {
        let gone = (Events::HUP | Events::ERR).mask();
        // SAFETY: By the type invariants.
        let Some(table) = (unsafe { self.table.as_ref() }) else {
            return gone;
        };
        if table._key & gone != 0 {
            return gone;
        }
        let unseen = match table._qproc {
            Some(_) => Events::PRI,
            None => Events::PRI | Events::IN | Events::OUT,
        };
        gone | table._key & unseen.mask()
    }

    /// Has the poller woken when the device goes, if no queue of the driver does that.
    pub(super) fn wait_closing(&mut self) {
        if !self.hears {
            let queue = self.open.closing().as_raw();
            // SAFETY: As above, for the queue of the open file itself.
            unsafe { bindings::poll_wait(self.file, queue, self.table) };
        }
    }
}
