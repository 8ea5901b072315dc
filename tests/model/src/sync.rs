// SPDX-License-Identifier: GPL-2.0

//! What rust/devscope/sync.rs names, in loom's terms.

use loom::sync::atomic::{AtomicU32, Ordering, fence};
use std::marker::PhantomData;

pub struct Relaxed;
pub struct Full;

pub struct Atomic<T> {
    word: AtomicU32,
    of: PhantomData<T>,
}

impl Atomic<u32> {
    pub fn new(value: u32) -> Self {
        Self {
            word: AtomicU32::new(value),
            of: PhantomData,
        }
    }

    pub fn load(&self, _: Relaxed) -> u32 {
        self.word.load(Ordering::Relaxed)
    }

    pub fn store(&self, value: u32, _: Relaxed) {
        self.word.store(value, Ordering::Relaxed);
    }

    pub fn xchg(&self, value: u32, _: Relaxed) -> u32 {
        self.word.swap(value, Ordering::Relaxed)
    }

    pub fn cmpxchg(&self, old: u32, new: u32, _: Relaxed) -> Result<u32, u32> {
        self.word
            .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
    }
}

pub fn smp_mb(_: Full) {
    fence(Ordering::SeqCst);
}
