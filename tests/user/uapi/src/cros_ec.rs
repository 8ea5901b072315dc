// SPDX-License-Identifier: GPL-2.0

//! `/dev/cros_ec` and similar nodes.
//!
//! C header: `include/linux/platform_data/cros_ec_chardev.h` of the kernel.

use rustix::{
    fd::AsFd,
    io::{self, Errno},
    ioctl::{ioctl, opcode, IntegerSetter, Ioctl, IoctlOutput, Opcode},
};
use std::ffi::c_void;

const MAGIC: u8 = 0xec;

/// `CROS_EC_DEV_IOCXCMD`.
pub const TRANSFER: Opcode = opcode::read_write::<Header>(MAGIC, 0);
/// `CROS_EC_DEV_IOCRDMEM`.
pub const READ_MEMORY: Opcode = opcode::read_write::<ReadMemory>(MAGIC, 1);
/// `CROS_EC_DEV_IOCEVENTMASK`.
pub const EVENT_MASK: Opcode = opcode::none(MAGIC, 2);

/// `EC_CMD_HELLO`.
pub const HELLO: u32 = 0x0001;
/// The number that it adds.
pub const HELLO_ADDS: u32 = 0x0102_0304;

/// `EC_MEMMAP_SIZE`.
pub const MEMORY_SIZE: usize = 255;

/// `struct cros_ec_command`, without its data.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The version of the command.
    pub version: u32,
    /// Which command.
    pub command: u32,
    /// Bytes of data that go out.
    pub outsize: u32,
    /// Bytes of data that there is room for.
    pub insize: u32,
    /// The controller's result; 0 for success.
    pub result: u32,
}

/// `struct cros_ec_readmem`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ReadMemory {
    /// The offset.
    pub offset: u32,
    /// The number of bytes; 0 for a string.
    pub bytes: u32,
    /// The bytes that were read.
    pub buffer: [u8; MEMORY_SIZE],
}

/// An answer of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The returned header.
    pub header: Header,
    /// The returned data.
    pub data: Vec<u8>,
}

/// Sends a command. `room` is the size of the returned data. The answer may be a refusal.
///
/// # Errors
///
/// Those of the driver.
pub fn transfer(
    fd: impl AsFd,
    version: u32,
    command: u32,
    out: &[u8],
    room: usize,
) -> io::Result<Answer> {
    let header = Header {
        version,
        command,
        outsize: out.len() as u32,
        insize: room as u32,
        result: u32::MAX,
    };
    let len = size_of::<Header>() + out.len().max(room);
    let mut words = vec![0u32; len.div_ceil(4)];
    let fields = [
        header.version,
        header.command,
        header.outsize,
        header.insize,
        header.result,
    ];
    words[..5].copy_from_slice(&fields);
    for (i, byte) in out.iter().enumerate() {
        words[5 + i / 4] |= u32::from(*byte) << (8 * (i % 4));
    }
    // SAFETY: The buffer is as long as the header says.
    let came = unsafe { raw(fd, TRANSFER, words.as_mut_ptr().cast()) }?;
    let bytes: Vec<u8> = words[5..]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    Ok(Answer {
        header: Header {
            version: words[0],
            command: words[1],
            outsize: words[2],
            insize: words[3],
            result: words[4],
        },
        data: bytes[..came as usize].to_vec(),
    })
}

/// `EC_CMD_HELLO`: the controller answers a number with the sum of it and [`HELLO_ADDS`]. Does not
/// allocate.
///
/// # Errors
///
/// Those of the driver; EPROTO if the controller refuses.
pub fn hello(fd: impl AsFd, number: u32) -> io::Result<u32> {
    let mut words = [0, HELLO, 4, 4, u32::MAX, number];
    // SAFETY: The buffer is a header and four bytes, the size in the header.
    let came = unsafe { raw(fd, TRANSFER, words.as_mut_ptr().cast()) }?;
    match (words[4], came) {
        (0, 4) => Ok(words[5]),
        _ => Err(Errno::PROTO),
    }
}

/// Reads mapped memory of the controller. Returns the number of bytes, and the whole structure.
///
/// # Errors
///
/// EINVAL if it exceeds the memory, ENOTTY if the controller has none.
pub fn read_memory(fd: impl AsFd, offset: u32, bytes: u32) -> io::Result<(usize, ReadMemory)> {
    let mut request = ReadMemory {
        offset,
        bytes,
        buffer: [0; MEMORY_SIZE],
    };
    // SAFETY: `request` is the structure of this number.
    let count = unsafe { raw(fd, READ_MEMORY, (&raw mut request).cast()) }?;
    Ok((count as usize, request))
}

/// Sets the types of events that `read()` returns: a bit for each. Without any, `read()` returns
/// the version.
///
/// # Errors
///
/// Those of a file whose device is gone.
pub fn set_event_mask(fd: impl AsFd, mask: usize) -> io::Result<()> {
    // SAFETY: The driver does not use the argument as an address.
    unsafe { ioctl(fd, IntegerSetter::<EVENT_MASK>::new_usize(mask)) }
}

/// Any ioctl with any pointer. Returns the driver's result.
///
/// # Errors
///
/// Those of the driver.
///
/// # Safety
///
/// The driver may read and write the memory at `argument`, or the pointer is invalid.
pub unsafe fn raw(fd: impl AsFd, opcode: Opcode, argument: *mut c_void) -> io::Result<i32> {
    // SAFETY: The caller guarantees that the driver may access the memory at `argument`.
    unsafe { ioctl(fd, Raw { opcode, argument }) }
}

struct Raw {
    opcode: Opcode,
    argument: *mut c_void,
}

// SAFETY: `raw()`, which creates it, requires that the driver may access the memory.
unsafe impl Ioctl for Raw {
    type Output = i32;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> Result<i32, Errno> {
        Ok(out)
    }
}
