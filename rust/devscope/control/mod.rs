// SPDX-License-Identifier: GPL-2.0

//! `/dev/devscope`: user space takes access away, from an open file or from all of a device,
//! whichever driver it belongs to.
//!
//! A descriptor may be anything. [`registry`] has the tables of file operations of all
//! registrations that have open files or may get some; a file is one of Devscope's if its `f_op` is
//! there, and what stands next to the table knows the file's type. Nothing else is asked: neither a
//! name nor a number nor what the file's private data looks like. No file operation of a driver
//! comes here.
//!
//! C header: [`include/uapi/linux/devscope.h`](srctree/include/uapi/linux/devscope.h)

mod device;
mod registry;

pub(crate) use device::Device;
pub(crate) use registry::{Listed, Node, Operations};
