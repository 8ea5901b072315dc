// SPDX-License-Identifier: GPL-2.0

//! SRCU, by its guarantee and nothing more.
//!
//! What Documentation/RCU and the comment at `synchronize_srcu()` promise, and the kernel's memory
//! model says in one line ("if a grace period begins after a section, ..."), is this. For each
//! section and each grace period, one of two holds:
//!
//! - the section began before the grace period: it has ended when that ends, and all that it did
//!   is visible then;
//! - it did not: then all that was done before the grace period began is visible in it.
//!
//! A grace period is a full barrier for who waits for it, and those of one domain come one after
//! the other. A reader is no barrier, and two readers are not ordered by each other at all. A mutex
//! in place of this would order them, and hide what the protocol forgets. So who is inside is
//! written in a book that loom does not see, and atomics carry the two promises: `began` from grace
//! periods to later readers, `left` from a reader to grace periods. Nobody misses what is carried:
//! loom returns the latest value to a sequentially consistent load, which is no more than an
//! acquire otherwise, and to a read-modify-write.

use crate::protocol::Readers;
use loom::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release, SeqCst},
    fence,
};
use loom::thread::{self, Thread};
use std::sync::{Mutex, MutexGuard};

/// Readers that a test may have, one after the other.
const MAX: usize = 12;

pub struct Srcu {
    began: AtomicU32,
    left: [AtomicU32; MAX],
    /// Changed in one step with the atomic before it: loom switches threads at its own types only.
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// Every reader that there was, and whether it is inside.
    inside: Vec<bool>,
    /// Who waits for how many of the first readers.
    waiting: Vec<(usize, Thread)>,
}

/// A reader inside, by its number.
pub struct Reader<'a>(&'a Srcu, usize);

impl Srcu {
    pub fn new() -> Self {
        let began = AtomicU32::new(0);
        // loom has an order for sequentially consistent stores among themselves only.
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
            // The last one of them unparks; nobody else does.
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
        // A test has failed: nobody is to be woken any more.
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
