// SPDX-License-Identifier: GPL-2.0

//! A disk in memory.

use crate::Ramdisk;
use block::{Operation, Request, Shape};
use core::ops::Range;
use devscope::prelude::*;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Mutex, //
    }, //
};

/// The data of a disk. It counts the disk in the counter that it borrows.
#[pin_data(PinnedDrop)]
pub(crate) struct Memory<'a> {
    disks: &'a Atomic<u32>,
    #[pin]
    bytes: Mutex<KVVec<u8>>,
}

#[pinned_drop]
impl PinnedDrop for Memory<'_> {
    fn drop(self: Pin<&mut Self>) {
        let _ = self.disks.fetch_sub(1, Relaxed);
    }
}

/// Returns the bytes of a request.
fn part(request: &Request<'_>) -> Range<usize> {
    let range = request.range();
    range.start as usize..range.end as usize
}

pub(crate) struct MemoryDisk;

#[vtable]
impl block::Disk for MemoryDisk {
    type Device = CovariantForLt!(Memory<'_>);
    type Parent = CovariantForLt!(Ramdisk);
    type Argument = ();

    fn device<'a>(
        ramdisk: &'a Ramdisk,
        shape: &Shape,
        _argument: (),
    ) -> impl PinInit<Memory<'a>, Error> {
        let bytes = usize::try_from(shape.size())
            .map_err(Error::from)
            .and_then(|size| Ok(KVVec::from_elem(0, size, GFP_KERNEL)?));
        try_pin_init!(Memory {
            bytes <- new_mutex!(bytes?),
            disks: {
                let _ = ramdisk.disks.fetch_add(1, Relaxed);
                &ramdisk.disks
            },
        }? Error)
    }

    fn request(scope: &ProcessScope<'_, Self::Device>, request: &mut Request<'_>) -> Result {
        let mut bytes = scope.data().bytes.lock();
        let part = bytes.get_mut(part(request)).ok_or(EIO)?;
        match request.operation() {
            Operation::Read => request.fill(part),
            Operation::Write => request.take(part),
            Operation::Discard | Operation::WriteZeroes => {
                part.fill(0);
                Ok(())
            }
        }
    }
}
