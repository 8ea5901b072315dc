// SPDX-License-Identifier: GPL-2.0
// UNSAFE: memory that loom watches, for the protocol to protect.

//! What a gate protects.

use loom::cell::UnsafeCell;

/// Data that somebody drops. loom fails a test in which one access is not ordered after another
/// that changes it.
pub struct Data(UnsafeCell<bool>);

// SAFETY: loom checks each access, and lets one thread run at a time.
unsafe impl Sync for Data {}
// SAFETY: As above.
unsafe impl Send for Data {}

impl Data {
    pub fn new() -> Self {
        Self(UnsafeCell::new(true))
    }

    /// Uses it; it is there.
    pub fn read(&self) {
        // SAFETY: Valid; loom checks that nobody writes.
        self.0
            .with(|there| assert!(unsafe { *there }, "used after it was dropped"));
    }

    /// Uses it as one who is alone with it; it is there.
    pub fn write(&self) {
        // SAFETY: Valid; loom checks that nobody else accesses it.
        self.0
            .with_mut(|there| assert!(unsafe { *there }, "used after it was dropped"));
    }

    /// Drops it; it is there.
    pub fn remove(&self) {
        self.0.with_mut(|there| {
            // SAFETY: Valid; loom checks that nobody else accesses it.
            let there = unsafe { std::mem::replace(&mut *there, false) };
            assert!(there, "dropped twice");
        });
    }

    /// It was dropped, and that is visible.
    pub fn assert_removed(&self) {
        // SAFETY: Valid; loom checks that nobody writes.
        self.0
            .with(|there| assert!(!unsafe { *there }, "never dropped"));
    }
}
