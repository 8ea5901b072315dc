// SPDX-License-Identifier: GPL-2.0
// UNSAFE: names a class of C.

//! The input subsystem, for input handlers: drivers that process the events of input devices.
//!
//! - [`Handler`]: the trait that a driver implements.
//! - [`Handle`]: the connection of a handler to a device, which gives access to the device.
//! - [`Packet`]: the events that are passed to a handler.
//! - [`Device`]: the properties of a device.
//! - [`ff`]: force feedback.
//!
//! It is a separate module, for kernels without input devices.
//!
//! C headers: [`include/linux/input.h`](srctree/include/linux/input.h),
//! [`include/linux/input/mt.h`](srctree/include/linux/input/mt.h)

mod adapter;
mod device;
pub mod ff;
mod handle;
mod handler;
mod held;
mod minor;
mod packet;

pub use adapter::Registration;
pub use device::{AbsInfo, Bits, Device, Id, KeymapEntry, Words, WORDS};
pub use handle::Handle;
pub use handler::{Handler, Nodes};
pub use held::{EventLockGuard, State};
pub use minor::Minor;
pub use packet::{Clock, Packet, Value};

use devscope::chardev::Class;
use kernel::prelude::*;

/// The class of input devices and their nodes.
pub const CLASS: Class =
    // SAFETY: A static of the input core, which this module depends on.
    unsafe { Class::from_raw(&raw const bindings::input_class) };

/// The C side, by bindgen: event codes, and the types of the input core.
#[allow(
    clippy::all,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]
pub mod bindings {
    use kernel::{bindings::*, ffi};

    include!(env!("DEVSCOPE_INPUT_BINDINGS"));
}

module! {
    type: Input,
    name: "devscope_input",
    authors: ["The Devscope developers"],
    description: "Input handlers for Devscope's drivers",
    license: "GPL v2",
}

struct Input;

impl kernel::Module for Input {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
