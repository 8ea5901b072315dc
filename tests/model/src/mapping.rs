// SPDX-License-Identifier: GPL-2.0

//! A page table with one entry, for the mapping of a file.

use loom::sync::Mutex;

/// The entry. The lock is that of the page table. A CPU's access is atomic with its read of the
/// entry: a task that clears the entry flushes the TLB before it releases the lock.
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

    /// Calls `access` if a page is mapped.
    pub fn touch(&self, access: impl FnOnce()) {
        let there = self.0.lock().unwrap();
        if *there {
            access();
        }
    }
}
