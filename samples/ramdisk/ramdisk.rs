// SPDX-License-Identifier: GPL-2.0

//! `/dev/ramdisk`: creates disks in memory.
//!
//! The interface is in `include/uapi/devscope/ramdisk.h`. `Documentation/device-and-descriptor.rst`
//! explains this driver.

mod memory;

use block::{Disks, Shape};
use devscope::prelude::*;
use kernel::{
    device::Core,
    fs::file::flags::{O_DIRECT, O_EXCL, O_RDONLY, O_RDWR},
    ioctl::{_IO, _IOWR},
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};
use memory::MemoryDisk;
use miscdevice_sync::Options;

/// The shared data of the binding.
struct Ramdisk {
    children: Disks<MemoryDisk>,
    /// The number of disks.
    disks: Atomic<u32>,
}

/// `struct ramdisk_create`.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Create {
    size: u64,
    block_size: u32,
    flags: u32,
    diskseq: u64,
    major: u32,
    minor: u32,
    fd: i32,
    reserved: u32,
}

const RAMDISK_IOC_CREATE: u32 = _IOWR::<Create>(0xEF, 0x00);
const RAMDISK_IOC_COUNT: u32 = _IO(0xEF, 0x01);

const RAMDISK_READ_ONLY: u32 = 0x1;
const RAMDISK_DISCARD: u32 = 0x2;
const RAMDISK_OPEN_READ: u32 = 0x4;
const RAMDISK_OPEN_EXCL: u32 = 0x8;
const RAMDISK_OPEN_DIRECT: u32 = 0x10;
const ALL_FLAGS: u32 = 0x1f;

const RAMDISK_MAX_SIZE: u64 = 64 << 20;
const RAMDISK_MOST: u32 = 1024;

/// The number of bits of a minor, as for `MKDEV()`.
const MINOR_BITS: u32 = 20;

impl Create {
    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn shape(&self) -> Result<Shape> {
        if self.flags & !ALL_FLAGS != 0 || self.reserved != 0 || self.size > RAMDISK_MAX_SIZE {
            return Err(EINVAL);
        }
        let mut shape = Shape::new(self.size)?;
        if self.block_size != 0 {
            shape = shape.block_size(self.block_size)?;
        }
        if self.has(RAMDISK_READ_ONLY) {
            shape = shape.read_only();
        }
        if self.has(RAMDISK_DISCARD) {
            shape = shape.discard();
        }
        Ok(shape)
    }

    fn open_flags(&self) -> u32 {
        let mut flags = match self.has(RAMDISK_OPEN_READ) {
            true => O_RDONLY,
            false => O_RDWR,
        };
        if self.has(RAMDISK_OPEN_EXCL) {
            flags |= O_EXCL;
        }
        if self.has(RAMDISK_OPEN_DIRECT) {
            flags |= O_DIRECT;
        }
        flags
    }
}

/// An open control node.
struct ControlFile;

impl ControlFile {
    /// Creates a disk. Installs the descriptor last: nothing can fail after it.
    fn create(scope: Scope<'_, Self>, user: UserPtr) -> Result {
        let (scope, mut create) = scope.read_user::<Create>(user)?;
        let argument = (create.shape()?, ());
        let (scope, disk) = scope.create(|r| &r.children, create.open_flags(), argument)?;

        create.diskseq = disk.diskseq;
        create.major = disk.number >> MINOR_BITS;
        create.minor = disk.number & ((1 << MINOR_BITS) - 1);
        create.fd = disk.file.fd() as i32;
        scope.write_user(user, &create)?;
        disk.file.install();
        Ok(())
    }
}

#[vtable]
impl FileOperations for ControlFile {
    type Device = CovariantForLt!(Ramdisk);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            RAMDISK_IOC_CREATE => Self::create(scope, UserPtr::from_addr(arg)).map(|()| 0),
            RAMDISK_IOC_COUNT => Ok(scope.data().disks.load(Relaxed) as isize),
            _ => Err(ENOTTY),
        }
    }
}

struct RamdiskDriver;

impl platform::Driver for RamdiskDriver {
    type IdInfo = ();

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let ramdisk = binding.share::<CovariantForLt!(Ramdisk)>(try_init!(Ramdisk {
            children: Disks::new()?,
            disks: Atomic::new(0),
        }))?;
        block::register_disks::<MemoryDisk>(binding, c"ramdisk", RAMDISK_MOST, ramdisk, |r| {
            &r.children
        })?;
        miscdevice_sync::register::<ControlFile>(binding, Options::new(c"ramdisk"), ramdisk)
    }
}

devscope::module_platform_bundle! {
    type: RamdiskDriver,
    name: "ramdisk",
    authors: ["The Devscope developers"],
    description: "Disks of memory, made by one call",
    license: "GPL v2",
}
