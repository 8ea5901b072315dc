// SPDX-License-Identifier: GPL-2.0

//! `/dev/testdevN`, the test driver for QEMU's pci-testdev.
//!
//! C header: `tests/kmod/testdev/testdev.h`.

use core::ffi::c_void;
use rustix::{
    fd::AsFd,
    io,
    ioctl::{
        ioctl, opcode, Getter, IntegerSetter, Ioctl, IoctlOutput, NoArg, Opcode, Setter, Updater,
    },
};

/// The capacity of the FIFO of a device, in bytes.
pub const FIFO_SIZE: usize = 4096;
/// The size of a device's memory node.
pub const MEM_SIZE: usize = 4096;
/// The largest range of FILL and SUM.
pub const RANGE_MAX: usize = 1 << 20;

const MAGIC: u8 = 0xde;

/// `TESTDEV_ECHO`.
pub const ECHO: Opcode = opcode::read_write::<Bytes>(MAGIC, 0x00);
/// `TESTDEV_WAIT`.
pub const WAIT: Opcode = opcode::write::<Wait>(MAGIC, 0x01);
/// `TESTDEV_RELEASE`.
pub const RELEASE: Opcode = opcode::none(MAGIC, 0x02);
/// `TESTDEV_WORK`.
pub const WORK: Opcode = opcode::none(MAGIC, 0x03);
/// `TESTDEV_HIDDEN`.
pub const HIDDEN: Opcode = opcode::none(MAGIC, 0x04);
/// `TESTDEV_STATS`.
pub const STATS: Opcode = opcode::read::<Stats>(MAGIC, 0x05);
/// `TESTDEV_FILL`.
pub const FILL: Opcode = opcode::read_write::<Range>(MAGIC, 0x06);
/// `TESTDEV_SUM`.
pub const SUM: Opcode = opcode::read_write::<Range>(MAGIC, 0x07);
/// `TESTDEV_LONG`.
pub const LONG: Opcode = opcode::none(MAGIC, 0x08);

/// `TESTDEV_COMPLETE`.
pub const COMPLETE: Opcode = opcode::none(MAGIC, 0x09);
/// `TESTDEV_REVOKE`.
pub const REVOKE: Opcode = opcode::none(MAGIC, 0x0a);
/// `TESTDEV_REVOKE_ALL_FILES`.
pub const REVOKE_ALL: Opcode = opcode::none(MAGIC, 0x0b);

/// `TESTDEV_MAP_ANSWER`.
pub const MAP_ANSWER: Opcode = opcode::none(MAGIC, 0x20);
/// `TESTDEV_MAP_REVOKE`.
pub const MAP_REVOKE: Opcode = opcode::none(MAGIC, 0x21);

/// The offset of the status page of a map node, in pages.
pub const MAP_STATUS: u64 = 1;
/// The offset of its pages.
pub const MAP_PAGES: u64 = 16;
/// The number of its pages.
pub const MAP_COUNT: usize = 4;
/// The first word of the status page.
pub const MAP_MAGIC: u32 = 0x7465_7374;

/// `enum testdev_map_answer`: the driver's answer for the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapAnswer {
    /// The pages.
    Honest = 0,
    /// For the first of them, the registers, which are uncached.
    OtherCache = 1,
    /// An error.
    Error = 2,
    /// The pages, read-only.
    ReadOnly = 3,
}

/// `struct testdev_bytes`: the bytes that ECHO inverts.
pub type Bytes = [u8; 64];

/// `struct testdev_wait`: how to sleep in [`wait`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    how: u32,
    timeout_ms: u32,
}

impl Wait {
    /// Any signal ends it.
    pub const INTERRUPTIBLE: Self = Self {
        how: 0,
        timeout_ms: 0,
    };
    /// Only a fatal signal ends it.
    pub const KILLABLE: Self = Self {
        how: 1,
        timeout_ms: 0,
    };

    /// Any signal ends it, and so does the timeout.
    pub const fn timeout(ms: u32) -> Self {
        Self {
            how: 2,
            timeout_ms: ms,
        }
    }
}

/// `struct testdev_range`: a buffer of the caller for FILL and SUM.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Its address.
    pub addr: u64,
    /// Its length.
    pub len: u64,
    /// The wrapping sum of its bytes.
    pub sum: u64,
}

/// `struct testdev_stats`: counts since the module was loaded, all devices together.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// `open()` of a FIFO node that succeeded.
    pub opens: u64,
    /// Per-file teardowns with the device there.
    pub disconnects: u64,
    /// Per-file memory freed.
    pub drops: u64,
    /// Calls of the driver's wake hook.
    pub wakes: u64,
    /// Calls on a FIFO node that reached the driver.
    pub calls: u64,
    /// Times that all files of a FIFO node were revoked by the driver.
    pub sweeps: u64,
}

/// An io_uring command: `cmd_op`, and `struct testdev_command`.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// `cmd_op`.
    pub op: u32,
    value: u32,
    ms: u32,
}

impl Command {
    const fn new(op: u32, value: u32, ms: u32) -> Self {
        Self { op, value, ms }
    }

    /// Ends at once, with `value`.
    pub const fn now(value: u32) -> Self {
        Self::new(0, value, 0)
    }

    /// Ends with [`complete`].
    pub const fn keep() -> Self {
        Self::new(1, 0, 0)
    }

    /// Ends with `value` in an interrupt, `ms` from now.
    pub const fn soon(value: u32, ms: u32) -> Self {
        Self::new(2, value, ms)
    }

    /// Ends with `value` before the driver's method returns.
    pub const fn early(value: u32) -> Self {
        Self::new(3, value, 0)
    }

    /// Is kept, and dropped: ECANCELED.
    pub const fn dropped() -> Self {
        Self::new(4, 0, 0)
    }

    /// Is kept, but the driver's method returns EIO.
    pub const fn changed() -> Self {
        Self::new(5, 0, 0)
    }

    /// Waits for [`release`], and ends with `value`.
    pub const fn wait(value: u32) -> Self {
        Self::new(6, value, 0)
    }

    /// Needs 80 bytes.
    pub const fn long() -> Self {
        Self::new(7, 0, 0)
    }

    /// Is unknown to the driver.
    pub const fn unknown() -> Self {
        Self::new(99, 0, 0)
    }

    /// The payload of the request.
    pub fn payload(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&self.value.to_ne_bytes());
        bytes[4..8].copy_from_slice(&self.ms.to_ne_bytes());
        bytes
    }
}

/// An ioctl whose argument and result are numbers.
struct Numbered<const OPCODE: Opcode>(usize);

// SAFETY: The argument is no pointer.
unsafe impl<const OPCODE: Opcode> Ioctl for Numbered<OPCODE> {
    type Output = usize;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        OPCODE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.0 as *mut c_void
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> io::Result<usize> {
        Ok(out as usize)
    }
}

const _: () = assert!(size_of::<Wait>() == 8);
const _: () = assert!(size_of::<Range>() == 24);
const _: () = assert!(size_of::<Stats>() == 48);

/// Makes the driver invert each byte.
///
/// # Errors
///
/// ENODEV when the device is gone.
pub fn echo(fd: impl AsFd, bytes: &mut Bytes) -> io::Result<()> {
    // SAFETY: The number says that the driver reads and writes one `Bytes`.
    unsafe { ioctl(fd, Updater::<ECHO, Bytes>::new(bytes)) }
}

/// Sleeps until [`release`] on the same open file.
///
/// # Errors
///
/// ETIMEDOUT, EINTR, or ENODEV when the device goes away.
pub fn wait(fd: impl AsFd, how: Wait) -> io::Result<()> {
    // SAFETY: The number says that the driver reads one `Wait`.
    unsafe { ioctl(fd, Setter::<WAIT, Wait>::new(how)) }
}

/// Ends every [`wait`] that sleeps on this open file now.
///
/// # Errors
///
/// ENODEV when the device is gone.
pub fn release(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<RELEASE>::new()) }
}

/// Works inside the driver for `ms` milliseconds, then accesses the device.
///
/// # Errors
///
/// EINVAL above 5000, ENODEV when the device was gone at the start.
pub fn work(fd: impl AsFd, ms: usize) -> io::Result<()> {
    // SAFETY: The argument is a number, not a pointer.
    unsafe { ioctl(fd, IntegerSetter::<WORK>::new_usize(ms)) }
}

/// Sleeps inside the driver until its wake hook.
///
/// # Errors
///
/// ECANCELED from the wake hook; ENODEV when the device was gone at the start.
pub fn hidden(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<HIDDEN>::new()) }
}

/// Ends all waiting commands of the device with `value`. Returns how many had not ended.
///
/// # Errors
///
/// ENODEV when the device is gone.
pub fn complete(fd: impl AsFd, value: u32) -> io::Result<usize> {
    // SAFETY: The argument is a number, not a pointer.
    unsafe { ioctl(fd, Numbered::<COMPLETE>(value as usize)) }
}

/// Revokes the open file.
///
/// # Errors
///
/// ENODEV when the device is gone, or another caller has revoked the file.
pub fn revoke(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<REVOKE>::new()) }
}

/// Makes the driver revoke all open files of the node. Increments [`Stats::sweeps`] when this is
/// done.
///
/// # Errors
///
/// ENODEV when the device is gone.
pub fn revoke_all(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<REVOKE_ALL>::new()) }
}

/// The driver's counts.
///
/// # Errors
///
/// ENODEV when the device is gone.
pub fn stats(fd: impl AsFd) -> io::Result<Stats> {
    // SAFETY: The number says that the driver writes one `Stats`, and any bytes are a valid one.
    unsafe { ioctl(fd, Getter::<STATS, Stats>::new()) }
}

/// Writes byte `i & 0xff` to each `addr[i]`.
///
/// # Errors
///
/// EINVAL above [`RANGE_MAX`], EFAULT, ENODEV when the device is gone.
///
/// # Safety
///
/// Nothing but raw pointers may refer to the memory that `range` names.
pub unsafe fn fill(fd: impl AsFd, range: &mut Range) -> io::Result<()> {
    // SAFETY: The number says that the driver reads and writes one `Range`; the caller guarantees
    // that only raw pointers refer to its memory.
    unsafe { ioctl(fd, Updater::<FILL, Range>::new(range)) }
}

/// Sums the bytes of `range` up into it.
///
/// # Errors
///
/// EINVAL above [`RANGE_MAX`], EFAULT, ENODEV when the device is gone.
pub fn sum(fd: impl AsFd, range: &mut Range) -> io::Result<()> {
    // SAFETY: The number says that the driver reads and writes one `Range`; it only reads the
    // memory of this range.
    unsafe { ioctl(fd, Updater::<SUM, Range>::new(range)) }
}

/// Sets the driver's answer to mappings of this file from now on.
///
/// # Errors
///
/// ENODEV when the device is gone, ENOTTY when `fd` is something else.
pub fn map_answer(fd: impl AsFd, answer: MapAnswer) -> io::Result<()> {
    // SAFETY: The argument is a number.
    unsafe { ioctl(fd, IntegerSetter::<MAP_ANSWER>::new_usize(answer as usize)) }
}

/// Revokes the open file.
///
/// # Errors
///
/// ENODEV when the device is gone or the file is revoked, ENOTTY when `fd` is something else.
pub fn map_revoke(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: There is no argument.
    unsafe { ioctl(fd, NoArg::<MAP_REVOKE>::new()) }
}
