// SPDX-License-Identifier: GPL-2.0

//! Commands: several may end one, one does, and the issuer may still be at it.

use crate::sync::{Acquire, Atomic, Relaxed, Release};

/// The issuer has it.
const ISSUED: u64 = 0;
/// It waits for its end.
const PENDING: u64 = 1;
/// It has ended, with the result that is in the upper half.
const ENDED: u64 = 2;

/// How far a command is.
///
/// The issuer has the request to itself until it [settles](Self::settle); after that, the one that
/// ends the command has. So the request is completed once, by one that nobody else interferes with.
///
/// ```text
/// issuer                             driver, ring, or closer
///   prepare the request
///   ISSUED -> PENDING (release)        PENDING -> ENDED (acquire): complete the request
///   or found ENDED: complete it        ISSUED -> ENDED: leave that to the issuer
/// ```
pub(crate) struct Claim(Atomic<u64>);

/// What is left to do for one that wants to end a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// To complete the request.
    Complete,
    /// Nothing: the issuer completes it.
    Leave,
    /// Nothing: the command had ended before.
    Late,
}

impl Claim {
    /// Of a command that is being issued.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(ISSUED))
    }

    /// Ends the command, if nobody has yet.
    pub(crate) fn end(&self, result: i32) -> End {
        // CAST: Its bits; `result` has them back.
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

    /// Of the issuer, whose last access to the request this is: has others complete it. Returns
    /// whether it is so. If not, the command has ended, and it is the issuer's to complete.
    #[must_use]
    pub(crate) fn settle(&self) -> bool {
        self.0.cmpxchg(ISSUED, PENDING, Release).is_ok()
    }

    /// The result, if the command has ended.
    pub(crate) fn result(&self) -> Option<i32> {
        let there = self.0.load(Relaxed);
        // CAST: As in `end`.
        (there & ENDED != 0).then_some((there >> 32) as u32 as i32)
    }
}
