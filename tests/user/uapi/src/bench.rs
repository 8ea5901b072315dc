// SPDX-License-Identifier: GPL-2.0

//! `/dev/bench-access` and `/dev/bench-c`: ways to access a revocable value; `/dev/bench-map` and
//! `/dev/bench-map-c`: memory to map; and `/dev/bench-late`: how long interrupts are disabled.
//!
//! C header: `tests/kmod/bench/bench.h`.

use rustix::{
    fd::AsFd,
    io,
    ioctl::{ioctl, opcode, Getter, NoArg, Opcode, Updater},
};

/// The number of accesses in a measurement.
pub const LOOPS: u64 = 1000;

/// `BENCH_MEASURE`.
const MEASURE: Opcode = opcode::read_write::<u64>(0xbe, 0x01);

/// How many pages there are to map.
pub const PAGES: usize = 1000;

/// `BENCH_ZAP`.
const ZAP: Opcode = opcode::none(0xbe, 0x02);

/// `BENCH_LATE`.
const LATE: Opcode = opcode::read::<u64>(0xbe, 0x03);

/// Zaps all mappings of the pages.
///
/// # Errors
///
/// ENOTTY when `fd` is something else.
pub fn zap(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: There is no argument.
    unsafe { ioctl(fd, NoArg::<ZAP>::new()) }
}

/// The nanoseconds that [`LOOPS`] accesses of this way take.
///
/// # Errors
///
/// EINVAL if the node has no such way.
pub fn measure(fd: impl AsFd, way: u64) -> io::Result<u64> {
    let mut value = way;
    // SAFETY: The number says that the driver reads and writes one `u64`.
    unsafe { ioctl(fd, Updater::<MEASURE, u64>::new(&mut value)) }?;
    Ok(value)
}

/// The longest time with interrupts disabled since the last call, in nanoseconds.
///
/// # Errors
///
/// ENOTTY when `fd` is something else.
pub fn late(fd: impl AsFd) -> io::Result<u64> {
    // SAFETY: The number says that the driver writes one `u64`.
    unsafe { ioctl(fd, Getter::<LATE, u64>::new()) }
}
