// SPDX-License-Identifier: GPL-2.0

//! Turns: one caller at a time has a turn, others wait in a line, until the turns are closed.

use super::{wait, Sleep, StaysInside};
use crate::sync::{Acquire, Atomic, Relaxed, Release};
use core::ops::DerefMut;

/// No task has the turn.
const FREE: usize = 0;
/// No task has the turn, and only the first in the line may take it.
const RESERVED: usize = 1;
/// There are no turns any more.
const CLOSED: usize = 2;
/// A flag in addition to the holder: other tasks may wait for the end of the turn.
const AWAITED: usize = 1;

/// The holder of the turn.
///
/// Without the lock of the line, it only changes from [`FREE`] to a task, and back. So a turn for
/// which no other task waits takes no lock and wakes no task.
pub(crate) struct Word(Atomic<usize>);

/// A task that wants a turn: a number that is not 0, and a multiple of 4.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who(usize);

impl Who {
    pub(crate) fn new(number: usize) -> Self {
        debug_assert!(number != 0 && number & 3 == 0);
        Self(number)
    }
}

impl Word {
    /// Creates a word with no turn taken.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(FREE))
    }

    /// Takes the turn, if it is free. Returns whether it did.
    #[inline(always)]
    pub(crate) fn take(&self, who: Who) -> bool {
        self.0.cmpxchg(FREE, who.0, Acquire).is_ok()
    }

    /// For the holder of the lock of the line: sets the word to `next` if no task has the turn;
    /// otherwise sets [`AWAITED`]. Returns the old value.
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

/// The tickets of the waiting tasks.
pub(crate) trait Tickets {
    type Error;

    /// Appends a ticket.
    fn push(&mut self, ticket: u64) -> Result<(), Self::Error>;

    /// Returns the first ticket.
    fn first(&self) -> Option<u64>;

    /// Removes a ticket at any position.
    fn remove(&mut self, ticket: u64);
}

/// The data that the lock of the line protects.
#[derive(Default)]
pub(crate) struct Line<T> {
    waiting: T,
    next: u64,
    closed: bool,
}

/// Turns, with their line.
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

/// The result of [`ask`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// The task has the turn, and is not in the line any more.
    Yours,
    /// The task has to wait; the end of the current turn wakes it.
    Wait,
    /// There are no turns any more.
    Closed,
}

/// Joins the end of the line. Returns the ticket for [`ask`].
pub(crate) fn join<T: Turns>(turns: &T) -> Result<u64, <T::Tickets as Tickets>::Error> {
    let mut line = turns.line();
    let ticket = line.next;
    line.waiting.push(ticket)?;
    line.next += 1;
    Ok(ticket)
}

/// Takes the turn if no task has it and `ticket` is the first in the line. The caller is on the
/// queue that [`Turns::wake`] wakes.
pub(crate) fn ask<T: Turns>(turns: &T, who: Who, ticket: u64) -> Told {
    let mut line = turns.line();
    if line.closed {
        return Told::Closed;
    }
    // A task that becomes the first asks again: the end of a turn, or `give_up`, wakes it.
    if line.waiting.first() != Some(ticket) || !is_nobodys(turns.word().replace(who.0 | AWAITED)) {
        return Told::Wait;
    }
    line.waiting.remove(ticket);
    Told::Yours
}

/// Leaves the line without a turn. Another task may be the first now.
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
        // A task that takes turns again and again does not overtake a waiting task.
        Some(_) => RESERVED,
        None => FREE,
    };
    turns.word().0.store(next, Release);
    drop(line);
    turns.wake();
}

/// Closes the turns: no task gets a turn any more. Waits for the end of the current turn, unless
/// `who` has it: then this is the last turn.
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
