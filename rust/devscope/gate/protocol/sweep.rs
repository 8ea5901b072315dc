// SPDX-License-Identifier: GPL-2.0

//! Going through all files of a device, a few at a time.
//!
//! Users decide how many files there are, and interrupts are disabled while the list is locked. So
//! it is not locked for longer than a few files take. A file that was looked at becomes the last
//! one, and is marked with the number of the sweep; so is one that is opened. The sweep is over
//! when a file comes up that has its mark.

use super::{Device, File};
use crate::sync::{Atomic, Relaxed};

/// A number that is looked at and changed under the lock of the list of files: how many sweeps of a
/// device there were, and of a file, which one it was that did something to it. 0 is none.
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

/// What becomes of the first file of a list.
pub(crate) enum Verdict {
    /// It stays the first.
    Stays,
    /// It becomes the last.
    Last,
    /// It is taken off.
    Taken,
}

/// Has `take` look at all files of `device` but those that are opened meanwhile, with the number of
/// this sweep, and say which to take off the list. Returns the number, and those files. Sleeps.
pub(super) fn sweep<D: Device>(
    device: &D,
    mut take: impl FnMut(&D::File, u64) -> bool,
) -> (u64, D::List) {
    // One at a time: another would take files away from the place where this one looks for them.
    let _sweeping = device.sweeping();
    let mut taken = D::List::default();
    // One who opens a file with this number sees all that was done before, such as a pass that has
    // ended.
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
