// SPDX-License-Identifier: GPL-2.0

//! System calls of 32-bit programs, by `int 0x80` from a 64-bit one.

use rustix::{
    fd::{AsFd, AsRawFd},
    io::{Errno, Result},
    ioctl::Opcode,
};
use std::arch::asm;

/// A system call's number in the 32-bit table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Number {
    /// `read()`
    Read = 3,
    /// `write()`
    Write = 4,
    /// `ioctl()`
    Ioctl = 54,
}

/// `ioctl()`. Returns its result.
///
/// # Errors
///
/// Those of the driver.
///
/// # Safety
///
/// If `argument` is used as a pointer, it points to memory that the driver may write, or is
/// invalid.
pub unsafe fn ioctl(fd: impl AsFd, number: Opcode, argument: u32) -> Result<usize> {
    // SAFETY: The caller guarantees that `argument` points to memory that the driver may write.
    unsafe { call(Number::Ioctl, fd, [number, argument]) }
}

/// A call whose first argument is a file. Returns its result.
///
/// # Errors
///
/// Those of the driver.
///
/// # Safety
///
/// Pointers in `arguments` point to memory that the driver may write, or are invalid.
pub unsafe fn call(number: Number, fd: impl AsFd, arguments: [u32; 2]) -> Result<usize> {
    let mut value = u64::from(number as u32);
    // SAFETY: The caller guarantees that the driver may write where pointers point. The call
    // changes rax, and in old kernels r8 to r11; rbx, which LLVM reserves, is restored.
    unsafe {
        asm!(
            "xchg rbx, {fd}",
            "int 0x80",
            "xchg rbx, {fd}",
            fd = inout(reg) fd.as_fd().as_raw_fd() as u64 => _,
            inout("rax") value,
            in("rcx") u64::from(arguments[0]),
            in("rdx") u64::from(arguments[1]),
            out("r8") _,
            out("r9") _,
            out("r10") _,
            out("r11") _,
        );
    }
    usize::try_from(value as i32).map_err(|_| Errno::from_raw_os_error(-(value as i32)))
}
