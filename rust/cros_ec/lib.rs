// SPDX-License-Identifier: GPL-2.0

//! The ChromeOS embedded controller, for drivers of its cells: the platform devices that
//! `cros-ec-dev` creates, one for each function of a controller.
//!
//! - [`Ec`]: the controller, while a cell of it is bound.
//! - [`Command`]: a host command, which [`Ec::transfer`] sends to the controller.
//! - [`Memory`]: the memory of the controller that the host can read.
//! - [`Event`]: an event of the controller; see [`Ec::events`].
//!
//! It is a separate module, since it depends on `cros_ec.ko`, which not every kernel has.
//!
//! C headers, in `include/linux/platform_data`:
//! [`cros_ec_proto.h`](srctree/include/linux/platform_data/cros_ec_proto.h),
//! [`cros_ec_commands.h`](srctree/include/linux/platform_data/cros_ec_commands.h)

mod command;
mod ec;
mod event;
pub mod memory;

pub use command::{Command, Header};
pub use ec::Ec;
pub use event::{Event, Notification};
pub use memory::Memory;

use kernel::prelude::*;

/// The C side, by bindgen: host commands, and the types of the controller's drivers.
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

    include!(env!("DEVSCOPE_CROS_EC_BINDINGS"));
}

module! {
    type: CrosEc,
    name: "devscope_cros_ec",
    authors: ["The Devscope developers"],
    description: "ChromeOS embedded controllers for Devscope's drivers",
    license: "GPL v2",
}

struct CrosEc;

impl kernel::Module for CrosEc {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
