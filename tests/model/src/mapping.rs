// SPDX-License-Identifier: GPL-2.0

//! A page table that has an entry for a file, or none.

use loom::sync::Mutex;

/// One entry. The lock is that of the page table; an access of the processor is in one step with the
/// look at the entry, since who takes that away flushes the TLB before it gives the lock back.
pub struct Mapping(Mutex<bool>);

impl Mapping {
    pub fn new() -> Self {
        Self(Mutex::new(false))
    }

    /// `vmf_insert_pfn()`.
    pub fn insert(&self) {
        *self.0.lock().unwrap() = true;
    }

    /// `unmap_mapping_range()`.
    pub fn zap(&self) {
        *self.0.lock().unwrap() = false;
    }

    pub fn is_there(&self) -> bool {
        *self.0.lock().unwrap()
    }

    /// Has `access` reach the page, if there is one.
    pub fn touch(&self, access: impl FnOnce()) {
        let there = self.0.lock().unwrap();
        if *there {
            access();
        }
    }
}
