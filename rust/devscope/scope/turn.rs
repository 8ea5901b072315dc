// SPDX-License-Identifier: GPL-2.0

//! Work that one caller does at a time, and that takes its time.

use super::{callback::Stay, nap::Nap, wait::FOR_EVER, Cut, Scope};
use crate::{
    ffi::sleeper::{Mode, Sleeper},
    fops::SyncFile,
    gate::protocol,
    wait::WaitQueue, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        LockClassKey,
        Mutex, //
    },
};

/// Whose turn it is, where one caller at a time may be at work: a command that the device answers
/// in its own time, on a bus that carries one.
///
/// With a lock, everybody who wants it would wait inside the gate, and unbind for all of them, one
/// after the other. Who wants a turn waits outside; unbind waits for the one who has it.
///
/// It is found through the data of the file, as a [`WaitQueue`] is: an `Arc` there, and one in
/// the data of the device. Make one with [`new_turns!`](crate::new_turns).
///
/// # Examples
///
/// ```ignore
/// let (scope, answer) = scope.in_turn(|f| &f.turns, |s| s.data().command(&request))?;
/// ```
#[pin_data]
pub struct Turns {
    state: Atomic<u32>,
    #[pin]
    line: Mutex<Line>,
    #[pin]
    ended: WaitQueue,
}

/// Those who wait, by their tickets, the first one first.
#[derive(Default)]
struct Line {
    waiting: KVec<u64>,
    next: u64,
}

/// Nobody's turn.
const FREE: u32 = 0;
/// Somebody's turn.
const TAKEN: u32 = 1;
/// Somebody's turn, and others may wait for its end.
const AWAITED: u32 = 2;
/// Nobody's turn, and the next one is of the first in the line.
const RESERVED: u32 = 3;

impl Turns {
    /// Creates it with nobody's turn. Drivers use [`new_turns!`](crate::new_turns).
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            state: Atomic::new(FREE),
            line <- new_mutex!(Line::default()),
            ended <- WaitQueue::new(name, key),
        })
    }

    /// Takes the turn if it is nobody's. Returns whether it did.
    #[inline]
    fn take(&self) -> bool {
        self.state.cmpxchg(FREE, TAKEN, Acquire).is_ok()
    }

    /// The same, whoever is in the line; if not, its end wakes who is on the queue.
    fn take_or_await(&self) -> bool {
        matches!(self.state.xchg(AWAITED, Acquire), FREE | RESERVED)
    }

    /// Goes to the end of the line. Returns the ticket.
    fn join(&self) -> Result<u64> {
        let mut line = self.line.lock();
        let ticket = line.next;
        line.waiting.push(ticket, GFP_KERNEL)?;
        line.next += 1;
        Ok(ticket)
    }

    /// Takes the turn if it is nobody's and `ticket` is the first in the line, which it leaves then.
    fn take_first(&self, ticket: u64) -> bool {
        let mut line = self.line.lock();
        if line.waiting.first() != Some(&ticket) {
            return false;
        }
        let taken = self.take_or_await();
        if taken {
            line.waiting.retain(|other| *other != ticket);
        }
        taken
    }

    /// Leaves the line without a turn. Another one may be the first now.
    fn give_up(&self, ticket: u64) {
        let mut line = self.line.lock();
        line.waiting.retain(|other| *other != ticket);
        if line.waiting.is_empty() {
            let _ = self.state.cmpxchg(RESERVED, FREE, Relaxed);
        }
        drop(line);
        self.ended.wake_all();
    }

    /// Takes the last turn: waits until whoever has one is done, and lets nobody have one any more.
    /// For [`SyncFile::wake`], when nobody can come back in for one. May sleep.
    ///
    /// Unbind waits for the work in any case. Without this, it looks now and then whether that is
    /// done; with it, it is told.
    pub fn close(&self) {
        if self.take() {
            return;
        }
        pin_init::stack_pin_init!(let sleeper = Sleeper::new(&self.ended, None));
        let nap = Nap::new(sleeper.as_ref(), Mode::Idle, FOR_EVER);
        let _ = protocol::wait(Stay, &nap, |stay| match self.take_or_await() {
            true => Ok(()),
            false => Err(stay),
        });
    }

    #[inline]
    fn end(&self) {
        if self.state.cmpxchg(TAKEN, FREE, Release).is_err() {
            self.pass_on();
        }
    }

    #[cold]
    fn pass_on(&self) {
        let line = self.line.lock();
        let next = if line.waiting.is_empty() {
            FREE
        } else {
            RESERVED
        };
        self.state.store(next, Release);
        drop(line);
        self.ended.wake_all();
    }
}

impl<'a, T: SyncFile> Scope<'a, T> {
    /// Waits for a turn and does `work` in it, inside the gate. The work may sleep for bounded time;
    /// unbind waits for it. In the order of arrival, but that one who finds it nobody's turn may
    /// come before the first who waits, once.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device went before it was the caller's turn.
    /// - `ERESTARTSYS`: the caller is being killed.
    /// - `ENOMEM`.
    #[inline]
    pub fn in_turn<R>(
        self,
        turns: impl for<'f> Fn(&'f T) -> &'f Turns,
        work: impl FnOnce(&Self) -> R,
    ) -> Result<(Self, R), Cut<Self>> {
        let scope = if turns(self.file()).take() {
            self
        } else {
            self.in_line(&turns)?
        };
        let result = work(&scope);
        turns(scope.file()).end();
        Ok((scope, result))
    }

    #[cold]
    fn in_line(self, turns: &impl for<'f> Fn(&'f T) -> &'f Turns) -> Result<Self, Cut<Self>> {
        let line = turns(self.section.open().data());
        let ticket = match line.join() {
            Ok(ticket) => ticket,
            Err(error) => return Err(Cut::Short(self, error)),
        };
        let waited = self.wait_killable(
            |file| &turns(file).ended,
            |scope| turns(scope.file()).take_first(ticket),
        );
        if waited.is_err() {
            line.give_up(ticket);
        }
        waited
    }
}

/// Creates an initialiser for [`Turns`](crate::scope::Turns) with a lock class of its own.
#[macro_export]
macro_rules! new_turns {
    ($($name:literal)?) => {
        $crate::scope::Turns::new(
            ::kernel::optional_name!($($name)?), ::kernel::static_lock_class!()
        )
    };
}
