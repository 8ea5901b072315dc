// SPDX-License-Identifier: GPL-2.0

//! Disks that a file operation creates, and opens for its caller in the same step.
//!
//! A disk is a child of a device, as [`chardev::Child`](crate::chardev::Child) is: it borrows from
//! what its binding keeps, and goes with its last close, or with the binding. What the block layer
//! asks of it comes in as a [`Request`], inside a gate of its own.
//!
//! It stands on C's block layer itself. The kernel crate's `GenDisk` has no device that it belongs
//! to, no `open` and `release`, and no access to the memory of a request.
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
    /// The data of a disk, with what it borrows.
    type Device: ForLt + 'static;

    /// The data that the driver shares, and that a disk may borrow from. It outlives every disk.
    type Parent: CovariantForLt + 'static;

    /// What the creator has to say of the new disk, beside its [`Shape`].
    type Argument;

    /// Makes the data of a new disk. It runs in the file operation that creates it, and may sleep
    /// for bounded time. The data is dropped when the disk is gone from user space.
    ///
    /// # Errors
    ///
    /// Passed on to the creator.
    fn device<'a>(
        parent: &'a <Self::Parent as ForLt>::Of<'a>,
        shape: &Shape,
        argument: Self::Argument,
    ) -> impl PinInit<<Self::Device as ForLt>::Of<'a>, Error>;

    /// Does what `request` asks for. May sleep for bounded time. Allocations do not wait for other
    /// requests, as with `GFP_NOIO`. Requests of one disk may come at the same time.
    ///
    /// At unplug, requests that are here are waited for, and all others fail.
    ///
    /// # Errors
    ///
    /// Of the request; `EIO` where it asked for bytes and did not get all.
    fn request(scope: &ProcessScope<'_, Self::Device>, request: &mut Request<'_>) -> Result;
}

/// The disks of a device: see [`child::Children`].
pub type Disks<D> = child::Children<DiskKind<D>>;

/// What a disk looks like.
#[derive(Clone, Copy)]
pub struct Shape {
    size: u64,
    block_size: u32,
    read_only: bool,
    discard: bool,
}

impl Shape {
    /// What sizes are multiples of.
    const SECTOR: u64 = 512;

    /// A disk of `size` bytes, with blocks of 512 bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is 0, no multiple of 512, or more than a disk has.
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

    /// With blocks of this size: nothing smaller is read or written.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is no power of two, below 512 or larger than a page, or the size is no multiple
    /// of it.
    pub fn block_size(self, block_size: u32) -> Result<Self> {
        kernel::block::mq::gen_disk::GenDiskBuilder::validate_block_size(block_size)?;
        if self.size.checked_rem(u64::from(block_size)) != Some(0) {
            return Err(EINVAL);
        }
        Ok(Self { block_size, ..self })
    }

    /// That nobody can write to.
    #[must_use]
    pub const fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }

    /// That takes [`Operation::Discard`] and [`Operation::WriteZeroes`].
    #[must_use]
    pub const fn discard(self) -> Self {
        Self {
            discard: true,
            ..self
        }
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Has disks made until unbind: `/dev/NAMEn`, where `n` is the lowest number that is free; `most`
/// of them at a time. `disks` names them in the data. To be registered before what creates disks,
/// such as the node of a control device. May sleep.
///
/// At unbind, requests to all disks fail from then on, and those that the driver is at are waited
/// for. When this has ended, no disk is left.
///
/// # Errors
///
/// - `EBUSY`: they were registered before.
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
    // What `disk_name` has room for, with a number.
    if !(1..=20).contains(&name.to_bytes().len()) {
        return Err(EINVAL);
    }
    let common = Common {
        name,
        numbers: Numbers::new(most)?,
    };
    child::register(binding, common, data, disks)
}
