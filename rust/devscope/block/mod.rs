// SPDX-License-Identifier: GPL-2.0

//! Disks that a file operation creates and opens for its caller in one step.
//!
//! A disk is a child of a device, like [`chardev::Child`](crate::chardev::Child): it borrows from
//! the data of the binding, and ends at its last close or with the binding. The block layer passes
//! it a [`Request`], inside a gate of its own.
//!
//! It uses the C block layer directly. The kernel crate's `GenDisk` has no parent device, no `open`
//! and `release`, and no access to the memory of a request.
//!
//! C headers: [`include/linux/blk-mq.h`](srctree/include/linux/blk-mq.h),
//! [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h)

mod disk;
mod gendisk;
mod request;

pub use disk::NewDisk;
pub use request::{Operation, Request};

use crate::{
    binding::{Binding, Shared},
    child,
    index::Numbers,
    scope::ProcessScope, //
};
use disk::{Common, DiskKind};
use kernel::{
    prelude::*,
    types::{CovariantForLt, ForLt}, //
};

/// A kind of disk that file operations create.
///
/// # Examples
///
/// See `samples/ramdisk`.
#[vtable]
pub trait Disk: Sized + Send + Sync + 'static {
    /// The data of a disk, with its borrows.
    type Device: ForLt + 'static;

    /// The data that the driver shares, and that a disk may borrow from. It outlives every disk.
    type Parent: CovariantForLt + 'static;

    /// The argument of the creator for the new disk, in addition to its [`Shape`].
    type Argument;

    /// Creates the data of a new disk. Runs in the file operation that creates the disk, and may
    /// sleep for bounded time. The data is dropped after the disk is removed.
    ///
    /// # Errors
    ///
    /// Passed on to the creator.
    fn device<'a>(
        parent: &'a <Self::Parent as ForLt>::Of<'a>,
        shape: &Shape,
        argument: Self::Argument,
    ) -> impl PinInit<<Self::Device as ForLt>::Of<'a>, Error>;

    /// Handles `request`. May sleep for bounded time. Allocations do not wait for other requests,
    /// as with `GFP_NOIO`. Requests of one disk may be handled at the same time.
    ///
    /// Unplug waits for the requests that are being handled, and fails all others.
    ///
    /// # Errors
    ///
    /// The error of the request. If a read or a write is not completely filled or taken, the
    /// request fails with `EIO`.
    fn request(scope: &ProcessScope<'_, Self::Device>, request: &mut Request<'_>) -> Result;
}

/// The disks of a device: see [`child::Children`].
pub type Disks<D> = child::Children<DiskKind<D>>;

/// The properties of a disk.
#[derive(Clone, Copy)]
pub struct Shape {
    size: u64,
    block_size: u32,
    read_only: bool,
    discard: bool,
}

impl Shape {
    /// Sizes are multiples of this.
    const SECTOR: u64 = 512;

    /// A disk of `size` bytes, with blocks of 512 bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `size` is 0, not a multiple of 512, or too large.
    pub fn new(size: u64) -> Result<Self> {
        let is_good = size > 0 && size % Self::SECTOR == 0 && size <= i64::MAX as u64;
        is_good.then_some(()).ok_or(EINVAL)?;
        Ok(Self {
            size,
            block_size: 512,
            read_only: false,
            discard: false,
        })
    }

    /// Sets the block size, which is the unit of reads and writes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `block_size` is not a power of two, is below 512 or larger than a page, or the
    /// size of the disk is not a multiple of it.
    pub fn block_size(self, block_size: u32) -> Result<Self> {
        kernel::block::mq::gen_disk::GenDiskBuilder::validate_block_size(block_size)?;
        if self.size.checked_rem(u64::from(block_size)) != Some(0) {
            return Err(EINVAL);
        }
        Ok(Self { block_size, ..self })
    }

    /// Makes the disk read-only.
    #[must_use]
    pub const fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }

    /// Enables [`Operation::Discard`] and [`Operation::WriteZeroes`].
    #[must_use]
    pub const fn discard(self) -> Self {
        Self {
            discard: true,
            ..self
        }
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Registers disks until unbind: `/dev/NAMEn`, where `n` is the lowest free number, at most `most`
/// at a time. `disks` returns this field of the data. Register them before the code that creates
/// disks, such as the node of a control device. May sleep.
///
/// Unbind fails new requests to all disks and waits for those that are being handled. After this
/// registration has ended, there is no disk any more.
///
/// # Errors
///
/// - `EBUSY`: the disks were registered before.
/// - `EINVAL`: `most` is 0, or the name is empty or too long.
/// - `ENOMEM`.
pub fn register_disks<'bound, D: Disk>(
    binding: &mut Binding<'bound>,
    name: &'static CStr,
    most: u32,
    data: Shared<'bound, D::Parent>,
    disks: impl for<'a, 'b> FnOnce(&'a <D::Parent as ForLt>::Of<'b>) -> &'a Disks<D>,
) -> Result
where
    for<'b> <D::Device as ForLt>::Of<'b>: Send + Sync,
{
    // The length of `disk_name`, without the number.
    if !(1..=20).contains(&name.to_bytes().len()) {
        return Err(EINVAL);
    }
    let common = Common {
        name,
        numbers: Numbers::new(most)?,
    };
    child::register(binding, common, data, disks)
}
