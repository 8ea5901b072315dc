// SPDX-License-Identifier: GPL-2.0

//! The gate: who may be inside, and how everybody is brought out.
//!
//! # The algorithm
//!
//! A registration has one [`Gate`], in memory that its open files keep alive. Each open file has a
//! [`Pass`], and so has the gate itself, for those who have no file yet.
//!
//! ```text
//! caller                                   closer
//!   count itself in (per CPU)                cancel the gate's pass      no new files
//!   load the pass                            cancel each file's pass     no new entries
//!   good: inside                             wake every file's queue
//!     ... work, bounded ...                  driver's own `wake`
//!   count itself out (per CPU)               drain: wait for all that are counted
//!   cancelled: count out, ENODEV             only now: disconnect files, drop the device's data
//! ```
//!
//! Counting is SRCU-fast, so entering writes no shared cache line and takes no lock: two
//! increments of a variable of this CPU and one load.
//!
//! *Why one load is enough.* The drain is an SRCU grace period that starts after the pass was
//! cancelled. A caller that the grace period does not wait for counted itself in after it began,
//! and so sees the cancelled pass. A caller that saw a good pass was counted in before, and the
//! grace period waits until it is counted out; what it did is then visible to the closer. The load
//! itself needs no order of its own.
//!
//! *Why a sleeper is not missed.* Nobody sleeps inside. A caller that must wait puts itself on its
//! queue and on the file's, leaves, sleeps, and comes back through the load of its pass. The closer
//! cancels first and wakes the file's queue then: a caller that loaded a good pass was on the queue
//! before, and is woken. (The scope's wait has the details.)
//!
//! *Why the drain is short.* It lasts as long as the longest bounded piece of work inside. Waits,
//! and copies whose user page is not there, are outside. The grace period is expedited:
//! milliseconds.

mod pass;

pub(crate) use crate::ffi::srcu::Reader as Inside;
pub(crate) use pass::Pass;

use crate::ffi::srcu::SrcuFast;
use kernel::{prelude::*, sync::LockClassKey};

/// The gate of one registration.
#[pin_data]
pub(crate) struct Gate {
    #[pin]
    readers: SrcuFast,
    pass: Pass,
}

impl Gate {
    /// Creates an open gate. May sleep. Errors: `ENOMEM`.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        let (name, key) = crate::lock_class!(c"devscope_gate");
        Self::with_class(name, key)
    }

    /// As [`Self::new`], where one inside may drain a gate of another kind: lockdep takes gates of
    /// one class for one gate.
    pub(crate) fn with_class(
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            readers <- SrcuFast::new(name, key),
            pass: Pass::new(),
        })
    }

    /// The pass of those who have no file yet.
    pub(crate) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// Enters, or returns `None` where `pass` is cancelled. Dropping the value leaves. In process
    /// context; takes no lock.
    #[inline(always)]
    pub(crate) fn enter(&self, pass: &Pass) -> Option<Inside<'_>> {
        let inside = self.readers.read_lock();
        // Counted in; only now the look at the pass.
        pass.is_good().then_some(inside)
    }

    /// Waits until everyone has left who was let in by a pass that is cancelled by now. Sleeps.
    /// Never returns if called from inside.
    pub(crate) fn drain(&self) {
        self.readers.synchronize_expedited();
    }
}
