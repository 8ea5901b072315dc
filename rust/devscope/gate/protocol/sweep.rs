// SPDX-License-Identifier: GPL-2.0

//! Walking all files of a device, a few at a time.
//!
//! Users decide how many files there are, and interrupts are disabled while the list is locked. So
//! the lock is held for a few files at a time. A visited file is moved to the end and marked with
//! the number of the sweep; a file that is opened is marked, too. The sweep ends at the first file
//! that has its mark.

use super::{Device, File};
use crate::sync::{Atomic, Relaxed};

/// A number that the lock of the list of files protects: for a device, the number of its sweeps;
/// for a file, the sweep that has visited or revoked it. 0 is none.
pub(crate) struct Number(Atomic<u64>);

impl Number {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline(always)]
    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    #[inline(always)]
    pub(super) fn set(&self, number: u64) {
        self.0.store(number, Relaxed);
    }
}

/// What happens to the first file of a list.
pub(crate) enum Verdict {
    /// It stays the first.
    Stays,
    /// It becomes the last.
    Last,
    /// It is taken off.
    Taken,
}

/// Calls `take` with the number of this sweep for all files of `device`, except those that are
/// opened meanwhile. `take` returns whether to take the file off the list. Returns the number, and
/// the files that were taken off. Sleeps.
pub(super) fn sweep<D: Device>(
    device: &D,
    mut take: impl FnMut(&D::File, u64) -> bool,
) -> (u64, D::List) {
    // One sweep at a time: another one would reorder the list.
    let _sweeping = device.sweeping();
    let mut taken = D::List::default();
    // A task that opens a file with this number sees all earlier writes, such as an ended pass.
    let mut files = device.files();
    let number = device.sweeps().get() + 1;
    device.sweeps().set(number);
    let mut at_once = D::AT_ONCE;
    while D::first(&mut files, &mut taken, |file| {
        if file.swept().get() == number {
            return Verdict::Stays;
        }
        file.swept().set(number);
        match take(file, number) {
            true => Verdict::Taken,
            false => Verdict::Last,
        }
    }) {
        at_once -= 1;
        if at_once == 0 {
            drop(files);
            files = device.files();
            at_once = D::AT_ONCE;
        }
    }
    drop(files);
    (number, taken)
}
