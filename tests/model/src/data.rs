// SPDX-License-Identifier: GPL-2.0
// UNSAFE: memory that loom watches, for the protocol to protect.

//! The data that a gate protects.

use loom::cell::UnsafeCell;

/// Data that a thread drops. loom fails a test if an access and one that changes the data are not
/// ordered.
pub struct Data(UnsafeCell<bool>);

// SAFETY: loom checks each access, and lets one thread run at a time.
unsafe impl Sync for Data {}
// SAFETY: A `bool` may be used by any thread; loom checks each access.
unsafe impl Send for Data {}

impl Data {
    pub fn new() -> Self {
        Self(UnsafeCell::new(true))
    }

    /// Reads the data, which must not have been dropped.
    pub fn read(&self) {
        // SAFETY: The pointer is valid; loom checks that no other thread writes.
        self.0
            .with(|there| assert!(unsafe { *there }, "used after it was dropped"));
    }

    /// Changes the data, which must not have been dropped, and which no other thread may use.
    pub fn write(&self) {
        // SAFETY: The pointer is valid; loom checks that no other thread accesses the data.
        self.0
            .with_mut(|there| assert!(unsafe { *there }, "used after it was dropped"));
    }

    /// Drops the data, which must not have been dropped.
    pub fn remove(&self) {
        self.0.with_mut(|there| {
            // SAFETY: The pointer is valid; loom checks that no other thread accesses the data.
            let there = unsafe { std::mem::replace(&mut *there, false) };
            assert!(there, "dropped twice");
        });
    }

    /// Asserts that the data was dropped, and that this is visible.
    pub fn assert_removed(&self) {
        // SAFETY: The pointer is valid; loom checks that no other thread writes.
        self.0
            .with(|there| assert!(!unsafe { *there }, "never dropped"));
    }
}
