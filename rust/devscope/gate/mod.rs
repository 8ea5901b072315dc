// SPDX-License-Identifier: GPL-2.0

//! The gate: counts the callers that are inside, and drains them.
//!
//! # The algorithm
//!
//! A registration has one [`Gate`], in memory that its open files keep alive. Each open file has a
//! [`Pass`], and so has the gate itself, for callers that have no file yet.
//!
//! ```text
//! caller                                   closer
//!   count itself in (per CPU)                end the gate's pass         no new files
//!   load the pass                            end each file's pass        no new entries
//!   live: inside                             wake every file's queue
//!     ... work, bounded ...                  driver's own `wake`
//!   count itself out (per CPU)               drain: wait for all that are counted
//!   ended: count out, ENODEV                 only now: zap mappings, disconnect files, drop the
//!                                            device's data
//! ```
//!
//! Counting is SRCU-fast, so entering writes no shared cache line and takes no lock: two
//! increments of a variable of this CPU and one load.
//!
//! *Why one load is enough.* The drain is an SRCU grace period that starts after the pass was
//! ended. A caller that the grace period does not wait for counted itself after it began, and so
//! sees the ended pass. A caller that saw a live pass was counted before, and the grace period
//! waits until it has left; its accesses are then visible to the closer. The load itself needs no
//! ordering.
//!
//! *Why a sleeper is not missed.* No caller sleeps inside without bound. A caller that has to wait
//! leaves the gate, adds itself to its queue and to the file's, or to one that the file remembers,
//! enters again through the load of its pass to test the condition, leaves, and sleeps. The closer
//! first ends the pass and then wakes these queues: a caller that loaded a live pass was on them
//! before, and is woken.
//!
//! *Why the drain is short.* It lasts as long as the longest bounded work inside. Waits and page
//! faults on user memory are outside. The grace period is expedited: it takes milliseconds.
//!
//! *Why no page stays mapped.* A page fault is an operation like any other: it enters the gate,
//! inserts the page into the page table, and leaves. So no insertion is in progress after the
//! drain, and the zap after it finds all pages. `mmap()` inserts no pages: the mapping is not in
//! the file's tree of mappings yet, which the zap walks.
//!
//! # Revoking from inside
//!
//! An operation may end its own file's pass, and then has to wait until no other caller is inside
//! by it. It ends the pass, wakes the sleepers, leaves the gate, drains, zaps the file's mappings,
//! and enters again by the gate's own pass ([`protocol::finish_revoke`]). Then it finishes its work
//! on the device and disconnects the file; only one caller can do this for a file. Unplug ends the
//! gate's pass, too, so no caller enters again during unplug: the closer disconnects the file in
//! this case.
//!
//! A caller that revokes all files ends their passes under the lock of their list, a few at a time,
//! and marks each with the number of this round. After the drain, files with this number or a lower
//! one are drained, and it takes them off the list. If two callers do this at once, either may
//! disconnect a file, and one of them does.
//!
//! # Where the code is
//!
//! All these decisions and their order are in `protocol/`, which is plain Rust. `tests/model` runs
//! the same source through all interleavings, and shows for each step that it is a bug to omit or
//! move the step.

pub(crate) mod protocol;

pub(crate) use crate::ffi::srcu::Reader as Inside;
pub(crate) use protocol::Pass;

use crate::ffi::srcu::SrcuFast;
use kernel::prelude::*;
use protocol::Readers;

/// The gate of one registration.
#[pin_data]
pub(crate) struct Gate {
    #[pin]
    readers: SrcuFast,
    pass: Pass,
}

/// For the [`protocol`]. A caller must not be inside a second time when it drains the others.
impl Readers for Gate {
    type Reader<'a> = Inside<'a>;

    #[inline(always)]
    fn read_lock(&self) -> Inside<'_> {
        self.readers.read_lock()
    }

    fn synchronize(&self) {
        self.readers.synchronize();
    }
}

impl Gate {
    /// Creates an open gate. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        static NAME: &CStr = c"devscope_gate";
        Self::named(NAME)
    }

    /// As [`Self::new`], for the requests to a disk.
    #[cfg(CONFIG_BLOCK)]
    pub(crate) fn of_requests() -> impl PinInit<Self, Error> {
        static NAME: &CStr = c"devscope_requests";
        Self::named(NAME)
    }

    /// As [`Self::new`], for a gate of another kind: `name` is its name in lockdep.
    pub(crate) fn named(name: &'static CStr) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            readers <- SrcuFast::new(name),
            pass: Pass::new(),
        })
    }

    /// Returns the pass of callers that have no file yet.
    pub(crate) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// Enters the gate, or returns `None` if `pass` is not live. Dropping the value leaves the
    /// gate. In process context; takes no lock.
    #[inline(always)]
    pub(crate) fn enter(&self, pass: &Pass) -> Option<Inside<'_>> {
        protocol::enter(self, pass)
    }

    /// Waits until all callers have left that entered by a pass that has ended by now. Sleeps. A
    /// call from inside deadlocks, and so do two callers that drain crosswise, each from inside the
    /// other's gate; lockdep reports both.
    pub(crate) fn drain(&self) {
        protocol::drain(self);
    }

    /// As [`Self::drain`], for a caller that is inside: waits for all others, and enters again by
    /// `pass`, or returns `None` if `pass` has ended. Sleeps.
    ///
    /// The caller is outside meanwhile. It enters again by its file's pass, or by the gate's if it
    /// has ended that of its file itself. It must not be inside a second time.
    #[cfg(DEVSCOPE_KUNIT_TEST)]
    pub(crate) fn drain_others<'a>(
        &'a self,
        inside: Inside<'a>,
        pass: &Pass,
    ) -> Option<Inside<'a>> {
        protocol::drain_others(self, inside, pass, || ())
    }
}
