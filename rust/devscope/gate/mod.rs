// SPDX-License-Identifier: GPL-2.0

//! The gate: which callers may be inside, and how all of them are brought out.
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
//! ended. A caller that the grace period does not wait for counted itself in after it began, and
//! so sees the ended pass. A caller that saw a live pass was counted in before, and the grace
//! period waits until it is counted out; what it did is then visible to the closer. The load
//! itself needs no order of its own.
//!
//! *Why a sleeper is not missed.* Nobody sleeps inside. A caller that must wait leaves, puts itself
//! on its queue and on the file's, or on one that the file remembers, comes in through the load of
//! its pass for a look, leaves, and sleeps. The closer ends the pass first and wakes those queues
//! then: a caller that loaded a live pass was on them before, and is woken.
//!
//! *Why the drain is short.* It lasts as long as the longest bounded piece of work inside. Waits,
//! and copies whose user page is not there, are outside. The grace period is expedited:
//! milliseconds.
//!
//! *Why no page stays mapped.* A page is put into a page table by a fault, which is an operation
//! like any other: it enters, and leaves when the entry is there. So the drain leaves none on its
//! way, and the zap after it finds all. Setting a mapping up puts nothing there: the mapping is not
//! on the file's tree of mappings yet, where the zap would look.
//!
//! # Revoking from inside
//!
//! An operation may end its own file's pass, and has to know that nobody else is inside by it any
//! more. It ends the pass, wakes the sleepers, gives up its own place, drains, zaps the file's
//! mappings, and enters again by the gate's own pass ([`Gate::finish_revoke`]). So the caller
//! finishes its work on the device, and disconnects the file; only one caller is let do that for a
//! file. Unplug ends the gate's pass too, so nobody comes back into a device that goes away: its
//! closer disconnects the file then.
//!
//! A caller that revokes all files ends their passes under the lock of their list, a few at a time,
//! and marks each with the number of this round. After the drain, files with that number or a lower
//! one are drained, and come off the list: of two callers that do this at once, either may
//! disconnect a file, and one of them does.
//!
//! # Where it is
//!
//! Each of these decisions and orders is in `protocol/`, which is plain Rust. `tests/model` runs
//! the same source through all interleavings, and shows for each step that leaving it out, or
//! taking it at the wrong place, is a bug.

pub(crate) mod protocol;

pub(crate) use crate::ffi::srcu::Reader as Inside;
pub(crate) use protocol::Pass;

use crate::ffi::srcu::SrcuFast;
use kernel::prelude::*;
use protocol::{Device, Readers, Round};

/// The gate of one registration.
#[pin_data]
pub(crate) struct Gate {
    #[pin]
    readers: SrcuFast,
    pass: Pass,
}

impl Readers for SrcuFast {
    type Reader<'a> = Inside<'a>;

    #[inline(always)]
    fn read_lock(&self) -> Inside<'_> {
        SrcuFast::read_lock(self)
    }

    fn synchronize(&self) {
        SrcuFast::synchronize(self);
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

    /// As [`Self::new`], for a gate of another kind: `name` is what lockdep calls it.
    pub(crate) fn named(name: &'static CStr) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            readers <- SrcuFast::new(name),
            pass: Pass::new(),
        })
    }

    /// The pass of callers that have no file yet.
    pub(crate) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// Enters, or returns `None` where `pass` is not live. Dropping the value leaves. In process
    /// context; takes no lock.
    #[inline(always)]
    pub(crate) fn enter(&self, pass: &Pass) -> Option<Inside<'_>> {
        protocol::enter(&self.readers, pass)
    }

    /// Waits until all callers have left that were let in by a pass that has ended by now. Sleeps.
    /// Never returns if called from inside, nor if two drain crosswise, each from inside the
    /// other's gate; lockdep reports both.
    pub(crate) fn drain(&self) {
        protocol::drain(&self.readers);
    }

    /// As [`Self::drain`], for a caller that is inside: waits for all others, and enters again by
    /// `pass`, or returns `None` where that has ended. Sleeps.
    ///
    /// The caller is outside meanwhile. It comes back by its file's pass, or by the gate's where
    /// it has ended that of its file itself. It must not be inside a second time.
    #[cfg(DEVSCOPE_KUNIT_TEST)]
    pub(crate) fn drain_others<'a>(
        &'a self,
        inside: Inside<'a>,
        pass: &Pass,
    ) -> Option<Inside<'a>> {
        protocol::drain_others(&self.readers, inside, pass, || ())
    }

    /// See [`protocol::finish_revoke`]. Sleeps. The caller must not be inside a second time.
    pub(crate) fn finish_revoke<'a>(
        &'a self,
        inside: Inside<'a>,
        file: &impl protocol::File,
    ) -> Option<Inside<'a>> {
        protocol::finish_revoke(&self.readers, inside, file, &self.pass)
    }

    /// See [`protocol::finish_revoke_all`]. Sleeps. The caller must not be inside a second time.
    pub(crate) fn finish_revoke_all<'a, D: Device>(
        &'a self,
        device: &D,
        inside: Option<Inside<'a>>,
        round: &Round,
    ) -> Option<Inside<'a>> {
        protocol::finish_revoke_all(device, &self.readers, inside, round)
    }

    /// See [`protocol::finish_revoke_others`]. Sleeps. The caller must not be inside a second time.
    pub(crate) fn finish_revoke_others<'a, D: Device>(
        &'a self,
        device: &D,
        inside: Inside<'a>,
        round: &Round,
        own: &Pass,
    ) -> Option<Inside<'a>> {
        protocol::finish_revoke_others(device, &self.readers, inside, round, own)
    }
}
