// SPDX-License-Identifier: GPL-2.0

//! Turns: one caller at a time is at work, others stand in a line, and some day nobody is at work
//! any more.

use super::{wait, Sleep, StaysInside};
use crate::sync::{Acquire, Atomic, Relaxed, Release};
use core::ops::DerefMut;

/// Nobody's turn.
const FREE: usize = 0;
/// Nobody's turn, and the next one is of the first in the line.
const RESERVED: usize = 1;
/// Nobody's turn, for good.
const CLOSED: usize = 2;
/// Beside whose turn it is: others may wait for its end.
const AWAITED: usize = 1;

/// Whose turn it is.
///
/// Without the lock of the line, it is changed from [`FREE`] to somebody, and back, and in no other
/// way. So a turn that nobody waits for takes no lock and wakes nobody.
pub(crate) struct Word(Atomic<usize>);

/// A task that wants a turn, by a number that is not 0, and a multiple of 4.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who(usize);

impl Who {
    pub(crate) fn new(number: usize) -> Self {
        debug_assert!(number != 0 && number & 3 == 0);
        Self(number)
    }
}

impl Word {
    /// Nobody's turn.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(FREE))
    }

    /// Takes the turn if it is nobody's. Returns whether it did.
    #[inline(always)]
    pub(crate) fn take(&self, who: Who) -> bool {
        self.0.cmpxchg(FREE, who.0, Acquire).is_ok()
    }

    /// For the holder of the lock of the line: makes it `next` if it is nobody's; if not, its end
    /// is passed on. Returns what it was.
    fn replace(&self, next: usize) -> usize {
        let mut there = self.0.load(Relaxed);
        loop {
            let new = match is_nobodys(there) {
                true => next,
                false => there | AWAITED,
            };
            match self.0.cmpxchg(there, new, Acquire) {
                Ok(_) => return there,
                Err(other) => there = other,
            }
        }
    }
}

fn is_nobodys(word: usize) -> bool {
    matches!(word, FREE | RESERVED | CLOSED)
}

/// The tasks that wait, by their tickets.
pub(crate) trait Tickets {
    type Error;

    /// Puts one last.
    fn push(&mut self, ticket: u64) -> Result<(), Self::Error>;

    /// The one that came first.
    fn first(&self) -> Option<u64>;

    /// Takes one out, wherever it is.
    fn remove(&mut self, ticket: u64);
}

/// What the lock of the line protects.
#[derive(Default)]
pub(crate) struct Line<T> {
    waiting: T,
    next: u64,
    closed: bool,
}

/// What one takes turns at.
pub(crate) trait Turns {
    type Tickets: Tickets;
    /// The line, locked.
    type Line<'a>: DerefMut<Target = Line<Self::Tickets>>
    where
        Self: 'a;

    fn word(&self) -> &Word;

    fn line(&self) -> Self::Line<'_>;

    /// Wakes all tasks that wait for the end of a turn.
    fn wake(&self);
}

/// What one in the line is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// It is the turn of this one, which is not in the line any more.
    Yours,
    /// It is not yet; the end of the turn before it is passed on.
    Wait,
    /// It never will be.
    Closed,
}

/// Goes to the end of the line. Returns the ticket, with which to [`ask`].
pub(crate) fn join<T: Turns>(turns: &T) -> Result<u64, <T::Tickets as Tickets>::Error> {
    let mut line = turns.line();
    let ticket = line.next;
    line.waiting.push(ticket)?;
    line.next += 1;
    Ok(ticket)
}

/// Takes the turn if it is nobody's and `ticket` is the first in the line. The caller is on the
/// queue that [`Turns::wake`] wakes.
pub(crate) fn ask<T: Turns>(turns: &T, who: Who, ticket: u64) -> Told {
    let mut line = turns.line();
    if line.closed {
        return Told::Closed;
    }
    // The first one asks again when it has come to be so: by the end of a turn, or by `give_up`.
    if line.waiting.first() != Some(ticket) || !is_nobodys(turns.word().replace(who.0 | AWAITED)) {
        return Told::Wait;
    }
    line.waiting.remove(ticket);
    Told::Yours
}

/// Leaves the line without a turn. Another one may be the first now.
pub(crate) fn give_up<T: Turns>(turns: &T, ticket: u64) {
    let mut line = turns.line();
    line.waiting.remove(ticket);
    if line.waiting.first().is_none() {
        let _ = turns.word().0.cmpxchg(RESERVED, FREE, Relaxed);
    }
    drop(line);
    turns.wake();
}

/// Ends the turn of `who`.
#[inline(always)]
pub(crate) fn end<T: Turns>(turns: &T, who: Who) {
    if turns.word().0.cmpxchg(who.0, FREE, Release).is_err() {
        pass_on(turns);
    }
}

#[cold]
#[inline(never)]
fn pass_on<T: Turns>(turns: &T) {
    let line = turns.line();
    let next = match line.waiting.first() {
        _ if line.closed => CLOSED,
        // One that asks again at once does not come before one that waits.
        Some(_) => RESERVED,
        None => FREE,
    };
    turns.word().0.store(next, Release);
    drop(line);
    turns.wake();
}

/// Lets nobody have a turn any more, and waits until the task that has one is done; not for a turn
/// of `who` itself, which is the last one.
pub(crate) fn close<T: Turns>(turns: &T, who: Who, sleeper: &impl Sleep) {
    let mut line = turns.line();
    line.closed = true;
    let was = turns.word().replace(CLOSED);
    drop(line);
    turns.wake();
    if is_nobodys(was) || was & !AWAITED == who.0 {
        return;
    }
    let _ = wait(StaysInside, sleeper, |stay| {
        match turns.word().0.load(Acquire) == CLOSED {
            true => Ok(()),
            false => Err(stay),
        }
    });
}
