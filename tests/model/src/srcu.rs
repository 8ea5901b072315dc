// SPDX-License-Identifier: GPL-2.0

//! SRCU: what it guarantees, and no more.
//!
//! Documentation/RCU, the comment at `synchronize_srcu()` and the kernel's memory model ("if a
//! grace period begins after a section, ...") give this guarantee. For each read section and each
//! grace period, one of the following is true:
//!
//! - The section began before the grace period. Then it has ended when the grace period ends, and
//!   its accesses are visible then.
//! - It began later. Then all accesses before the grace period are visible in the section.
//!
//! A grace period is a full barrier for the caller that waits for it, and the grace periods of one
//! domain do not overlap. A reader is no barrier, and readers do not order each other. A mutex
//! would order them, and hide a barrier that the protocol lacks. So the readers are recorded in a
//! book that loom does not see, and atomics provide the two guarantees: `began` from grace periods
//! to later readers, `left` from a reader to grace periods. Each of these accesses sees the latest
//! value: loom returns it to a sequentially consistent load, which otherwise is no more than an
//! acquire, and to a read-modify-write.

use crate::protocol::Readers;
use loom::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release, SeqCst},
    fence,
};
use loom::thread::{self, Thread};
use std::sync::{Mutex, MutexGuard};

/// The largest number of read sections in a test.
const MAX: usize = 12;

pub struct Srcu {
    began: AtomicU32,
    left: [AtomicU32; MAX],
    /// Changed atomically with the loom atomic accessed before: loom only switches threads there.
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// For each reader so far: whether it is inside.
    inside: Vec<bool>,
    /// Threads that wait, each with the number of readers, from the first, that it waits for.
    waiting: Vec<(usize, Thread)>,
}

/// A reader inside, by its number.
pub struct Reader<'a>(&'a Srcu, usize);

impl Srcu {
    pub fn new() -> Self {
        let began = AtomicU32::new(0);
        // loom only orders sequentially consistent stores among themselves.
        began.store(0, SeqCst);
        Self {
            began,
            left: [(); MAX].map(|()| AtomicU32::new(0)),
            book: Mutex::default(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }
}

impl Book {
    /// Whether one of the first `count` readers is inside.
    fn holds(&self, count: usize) -> bool {
        self.inside[..count].contains(&true)
    }
}

impl Readers for Srcu {
    type Reader<'a> = Reader<'a>;

    fn read_lock(&self) -> Reader<'_> {
        self.began.load(SeqCst);
        let mut book = self.book();
        book.inside.push(true);
        Reader(self, book.inside.len() - 1)
    }

    fn synchronize(&self) {
        fence(SeqCst);
        self.began.fetch_add(1, SeqCst);
        let count = self.book().inside.len();
        if self.book().holds(count) {
            self.book().waiting.push((count, thread::current()));
            // Only the last of these readers unparks this thread.
            thread::park();
        }
        for left in &self.left[..count] {
            left.fetch_add(0, Acquire);
        }
        fence(SeqCst);
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // A test has failed: wake no threads.
        if std::thread::panicking() {
            return;
        }
        let Self(domain, number) = self;
        domain.left[*number].store(1, Release);
        let mut book = domain.book();
        book.inside[*number] = false;
        let waiting = std::mem::take(&mut book.waiting);
        let (held, free): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(count, _)| book.holds(*count));
        book.waiting = held;
        drop(book);
        for (_, thread) in free {
            thread.unpark();
        }
    }
}
