// SPDX-License-Identifier: GPL-2.0

//! Devscope: a driver touches its hardware only while its device is bound, and the compiler proves
//! it.
//!
//! One direction of flow, a room a step; no room calls back up:
//!
//! ```text
//! system call -> fops shim -> gate.enter() -> Scope -> driver's method -> device resources
//! unbind      -> binding -> registration -> gate closes -> wake -> drain -> disconnect -> drop
//! ```
//!
//! - [`binding`]: the time from probe to unbind as a type; it owns what a driver registers.
//! - [`miscdevice_sync`]: a misc device whose file operations all end before unbind does.
//! - [`chardev`]: a character device with a number and a class of its own; the same otherwise.
//! - [`fops`]: the trait that a driver implements, and the shim under it.
//! - [`callback`]: interrupts, work, timers and more that all end before unbind does.
//! - [`mapping`]: what programs may have in their address space.
//! - [`scope`]: what a driver's method is given: the bound device, its data, waits and copies.
//! - [`gate`]: who may be inside, and how everybody is brought out.
//! - [`revocable`]: values that are reached where there is no scope, across sleeps.
//! - [`lock`]: locks of interrupts, where interrupts are on.
//! - [`wait`]: wait queues that a scope sleeps on.
//! - `control`: `/dev/devscope`, by which user space takes access away.
//! - [`index`]: small numbers for device names.
//!
//! `Documentation/writing-a-driver.rst` is the way in for a driver author.

pub mod binding;
pub mod callback;
pub mod chardev;
mod control;
mod ffi;
pub mod fops;
mod gate;
pub mod index;
pub mod lock;
pub mod mapping;
pub mod miscdevice_sync;
pub mod prelude;
pub mod revocable;
pub mod scope;
mod sync;
#[cfg(DEVSCOPE_KUNIT_TEST)]
mod tests;
pub mod wait;

use kernel::prelude::*;

/// A name and a lock class for it.
///
/// Lockdep takes it that a class has one name, at one address. Generic code is instantiated in each
/// driver, with string literals of its own; a static is one for all.
#[doc(hidden)]
#[macro_export]
macro_rules! lock_class {
    ($name:literal) => {{
        static NAME: &::kernel::str::CStr = $name;
        (NAME, ::kernel::static_lock_class!())
    }};
}

module! {
    type: Devscope,
    name: "devscope",
    authors: ["The Devscope developers"],
    description: "Drivers that touch their device only while it is bound",
    license: "GPL v2",
}

#[pin_data]
struct Devscope {
    #[pin]
    control: control::Device,
}

impl kernel::InPlaceModule for Devscope {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            control <- control::Device::new(),
        })
    }
}
