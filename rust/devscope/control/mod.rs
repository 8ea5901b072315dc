// SPDX-License-Identifier: GPL-2.0

//! `/dev/devscope`: user space revokes an open file, or all files of a device, of any driver.
//!
//! A descriptor may be of any file. [`registry`] has the file operations of all registrations that
//! have open files or may get some. A file belongs to Devscope if its `f_op` is in the registry;
//! the entry has functions for the type of the file. Neither a name, nor a number, nor the file's
//! private data is tested. File operations of drivers do not use this.
//!
//! C header: [`include/uapi/linux/devscope.h`](srctree/include/uapi/linux/devscope.h)

mod device;
mod registry;

pub(crate) use device::Device;
pub(crate) use registry::{Listed, Node, Operations};
