// SPDX-License-Identifier: GPL-2.0

//! The types of rust/devscope/sync.rs, implemented with loom's.

use loom::sync::atomic::{AtomicUsize, Ordering, fence};
use std::marker::PhantomData;

pub struct Relaxed;
pub struct Acquire;
pub struct Release;
pub struct Full;

/// How an access is ordered.
pub trait Order {
    const ORDER: Ordering;
}

impl Order for Relaxed {
    const ORDER: Ordering = Ordering::Relaxed;
}

impl Order for Acquire {
    const ORDER: Ordering = Ordering::Acquire;
}

impl Order for Release {
    const ORDER: Ordering = Ordering::Release;
}

/// What an atomic may hold.
pub trait Word: Copy {
    fn into_word(self) -> usize;

    fn from_word(word: usize) -> Self;
}

impl Word for u32 {
    fn into_word(self) -> usize {
        self as usize
    }

    fn from_word(word: usize) -> Self {
        word.try_into().expect("it was one")
    }
}

impl Word for u64 {
    fn into_word(self) -> usize {
        self as usize
    }

    fn from_word(word: usize) -> Self {
        word as u64
    }
}

impl Word for usize {
    fn into_word(self) -> usize {
        self
    }

    fn from_word(word: usize) -> Self {
        word
    }
}

pub struct Atomic<T> {
    word: AtomicUsize,
    of: PhantomData<T>,
}

impl<T: Word> Atomic<T> {
    pub fn new(value: T) -> Self {
        Self {
            word: AtomicUsize::new(value.into_word()),
            of: PhantomData,
        }
    }

    pub fn load<O: Order>(&self, _: O) -> T {
        T::from_word(self.word.load(O::ORDER))
    }

    pub fn store<O: Order>(&self, value: T, _: O) {
        self.word.store(value.into_word(), O::ORDER);
    }

    pub fn xchg<O: Order>(&self, value: T, _: O) -> T {
        T::from_word(self.word.swap(value.into_word(), O::ORDER))
    }

    /// As in the kernel, a failed exchange orders nothing.
    pub fn cmpxchg<O: Order>(&self, old: T, new: T, _: O) -> Result<T, T> {
        self.word
            .compare_exchange(
                old.into_word(),
                new.into_word(),
                O::ORDER,
                Ordering::Relaxed,
            )
            .map(T::from_word)
            .map_err(T::from_word)
    }
}

pub fn smp_mb(_: Full) {
    fence(Ordering::SeqCst);
}
