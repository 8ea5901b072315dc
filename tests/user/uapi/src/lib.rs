// SPDX-License-Identifier: GPL-2.0

//! The ioctls of the sample and test drivers, as functions.
//!
//! An `ioctl()` is unsafe in Rust: its number says how much memory the kernel writes. This crate
//! states each number once, next to the type it stands for, so that the programs need no `unsafe`.
//!
//! - [`edu`] is `include/uapi/devscope/edu.h`
//! - [`loopchan`] is `include/uapi/devscope/loopchan.h`
//! - [`ramdisk`] is `include/uapi/devscope/ramdisk.h`
//! - [`cros_ec`] is `include/linux/platform_data/cros_ec_chardev.h` of the kernel
//! - [`testdev`], [`inbox`] and [`testchild`] are `tests/kmod/testdev/testdev.h`
//! - [`bench`] is `tests/kmod/bench/bench.h`

pub mod bench;
pub mod cros_ec;
pub mod edu;
pub mod inbox;
pub mod loopchan;
pub mod ramdisk;
pub mod testchild;
pub mod testdev;
