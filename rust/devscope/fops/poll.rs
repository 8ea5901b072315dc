// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps `poll_table`.

//! `poll()`: the wait queues of pollers.
//!
//! C header: [`include/linux/poll.h`](srctree/include/linux/poll.h)

use super::{FileOperations, OpenFile};
use crate::wait::{Events, WaitQueue};
use kernel::bindings;

/// Adds a poller to wait queues, for a driver's `poll` method.
///
/// Use one queue. A second is possible, but asynchronous pollers (io_uring, Linux AIO) do not
/// support as many queues and return `EINVAL`; and an edge-triggered poller may be notified twice
/// when the device is gone.
///
/// # Invariants
///
/// `file` is valid and open on `open`; `table` is null or valid, and not null if `queues` is set.
pub struct PollTable<'a, T: FileOperations> {
    open: &'a OpenFile<T>,
    file: *mut bindings::file,
    table: *mut bindings::poll_table,
    /// Whether the poller is to be added to queues. Often it only asks what is ready now: because
    /// it will not wait, has found an event already, or is on its queues since an earlier call.
    queues: bool,
    /// Whether the poller is on a queue that is woken at unplug.
    hears: bool,
}

/// Whether a poller with this `table` is to be added to queues.
///
/// # Safety
///
/// `table` is null or valid.
#[inline(always)]
pub(super) unsafe fn queues(table: *mut bindings::poll_table) -> bool {
    // SAFETY: The caller passes a table that is null or valid.
    unsafe { table.as_ref() }.is_some_and(|table| table._qproc.is_some())
}

impl<'a, T: FileOperations> PollTable<'a, T> {
    /// # Safety
    ///
    /// `file` is a file whose operation runs for `'a`, open on `open`. `table` is the table that
    /// the VFS passed, and `queues` is the result of [`queues()`] for it.
    #[inline(always)]
    pub(super) unsafe fn from_raw(
        open: &'a OpenFile<T>,
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
        queues: bool,
    ) -> Self {
        // INVARIANT: The operation on `file` runs for `'a`, so it is open, on `open`. `table` is
        // what the VFS has passed, null or valid, and not null where `queues()` is true.
        Self {
            open,
            file,
            table,
            queues,
            hears: false,
        }
    }

    /// Adds the poller to this queue, if it waits for a wake-up. Call this before testing what is
    /// ready.
    #[inline]
    pub fn wait(&mut self, queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue) {
        if !self.queues {
            return;
        }
        let queue = queue(self.open.data());
        // SAFETY: By the type invariants. The queue is in, or owned by, the data of the open file,
        // since the closure found it there for any lifetime; the data lives until the file's
        // `release`, and a poller's registration ends before.
        unsafe {
            if self.open.remembers_polled(queue) {
                bindings::poll_wait(self.file, queue.as_raw(), self.table);
            } else {
                Self::wait_on_another(self.open, self.file, self.table, queue, self.hears);
            }
        }
        self.hears = true;
    }

    /// Adds the poller to a queue that the file does not remember, or not yet; and to the closing
    /// queue, if no other queue of the poller is woken at unplug. The arguments are the fields, so
    /// that they stay in registers.
    ///
    /// # Safety
    ///
    /// As the type's invariants, and `queue` lives as long as the file.
    #[cold]
    #[inline(never)]
    unsafe fn wait_on_another(
        open: &OpenFile<T>,
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
        queue: &WaitQueue,
        hears: bool,
    ) {
        if !open.wakes_pollers_on(queue) && !hears {
            // SAFETY: The poll of `file` is in progress, with this table. The queue is the open
            // file's own, which lives until `release`, and a poller's registration ends before.
            unsafe { bindings::poll_wait(file, open.closing().as_raw(), table) };
        }
        // SAFETY: The poll of `file` is in progress, with this table. The caller's queue lives as
        // long as the file, and a poller's registration ends before.
        unsafe { bindings::poll_wait(file, queue.as_raw(), table) };
    }

    /// Whether the poller is to be added to queues.
    #[inline(always)]
    pub(super) fn queues(&self) -> bool {
        self.queues
    }

    /// Whether the file is neither unplugged nor revoked.
    #[inline(always)]
    pub(super) fn is_live(&self) -> bool {
        self.open.pass().is_live()
    }

    /// Adds the poller to the closing queue, if the driver has not added it to a queue.
    #[inline(always)]
    pub(super) fn wait_closing(&mut self) {
        if !self.hears {
            let queue = self.open.closing().as_raw();
            // SAFETY: By the type invariants, for the queue of the open file itself.
            unsafe { bindings::poll_wait(self.file, queue, self.table) };
        }
    }
}

/// The events for a poller with this `table` when the device is gone.
///
/// `poll()` and epoll always ask for `EPOLLHUP` and `EPOLLERR`. Two callers do not, and would not
/// see them: `select()` for exceptions asks for `EPOLLPRI` only, and gets that; io_uring, before it
/// calls a driver that may block, asks without a queue whether a read or a write returns at once,
/// which is now true.
///
/// # Safety
///
/// `table` is null or valid.
pub(super) unsafe fn gone(table: *mut bindings::poll_table) -> u32 {
    let gone = (Events::HUP | Events::ERR).mask();
    // SAFETY: The caller passes a table that is null or valid.
    let Some(table) = (unsafe { table.as_ref() }) else {
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
