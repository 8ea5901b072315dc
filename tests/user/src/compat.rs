// SPDX-License-Identifier: GPL-2.0

//! System calls of 32-bit programs, by `int 0x80` from a 64-bit one.

use rustix::{
    fd::{AsFd, AsRawFd},
    io::{Errno, Result},
    ioctl::Opcode,
};
use std::arch::asm;

/// `ioctl()`'s number in the 32-bit table.
const IOCTL: u32 = 54;

/// `ioctl()`. Returns what it returned.
///
/// # Errors
///
/// Those of the driver.
///
/// # Safety
///
/// As a pointer, `argument` leads to memory that the driver may write, or nowhere.
pub unsafe fn ioctl(fd: impl AsFd, number: Opcode, argument: u32) -> Result<usize> {
    let mut value = u64::from(IOCTL);
    // SAFETY: As the caller promises. The call changes rax, and in old kernels r8 to r11; rbx is
    // LLVM's and put back.
    unsafe {
        asm!(
            "xchg rbx, {fd}",
            "int 0x80",
            "xchg rbx, {fd}",
            fd = inout(reg) fd.as_fd().as_raw_fd() as u64 => _,
            inout("rax") value,
            in("rcx") u64::from(number),
            in("rdx") u64::from(argument),
            out("r8") _,
            out("r9") _,
            out("r10") _,
            out("r11") _,
        );
    }
    usize::try_from(value as i32).map_err(|_| Errno::from_raw_os_error(-(value as i32)))
}
