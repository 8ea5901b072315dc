// SPDX-License-Identifier: GPL-2.0

//! Commands: one of several ends a command, also while it is being issued.

use crate::sync::{Acquire, Atomic, Relaxed, Release};

/// The command is being issued.
const ISSUED: u64 = 0;
/// The command is pending.
const PENDING: u64 = 1;
/// The command has ended, with the result in the upper half.
const ENDED: u64 = 2;

/// The state of a command.
///
/// The issuer owns the request until it [settles](Self::settle); after that, the code that ends the
/// command owns it. So the request is completed once, and only by its owner.
///
/// ```text
/// issuer                             driver, ring, or closer
///   prepare the request
///   ISSUED -> PENDING (release)        PENDING -> ENDED (acquire): complete the request
///   or found ENDED: complete it        ISSUED -> ENDED: leave that to the issuer
/// ```
pub(crate) struct Claim(Atomic<u64>);

/// What a caller of [`Claim::end`] has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Complete the request.
    Complete,
    /// Nothing: the issuer completes it.
    Leave,
    /// Nothing: the command had ended before.
    Late,
}

impl Claim {
    /// Creates the state of a command that is being issued.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(ISSUED))
    }

    /// Ends the command, if it has not ended yet.
    pub(crate) fn end(&self, result: i32) -> End {
        // CAST: The bits; `result` converts them back.
        let ended = u64::from(result as u32) << 32 | ENDED;
        let mut there = self.0.load(Relaxed);
        loop {
            if there & ENDED != 0 {
                return End::Late;
            }
            match self.0.cmpxchg(there, ended, Acquire) {
                Ok(PENDING) => return End::Complete,
                Ok(_) => return End::Leave,
                Err(other) => there = other,
            }
        }
    }

    /// For the issuer: passes the request to the code that ends the command, after the issuer's
    /// last access. Returns whether this succeeded. If not, the command has ended, and the issuer
    /// completes the request.
    #[must_use]
    pub(crate) fn settle(&self) -> bool {
        self.0.cmpxchg(ISSUED, PENDING, Release).is_ok()
    }

    /// Returns the result, if the command has ended.
    pub(crate) fn result(&self) -> Option<i32> {
        let there = self.0.load(Relaxed);
        // CAST: As in `end`.
        (there & ENDED != 0).then_some((there >> 32) as u32 as i32)
    }
}
