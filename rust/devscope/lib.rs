// SPDX-License-Identifier: GPL-2.0

//! Devscope: a driver touches its hardware only while its device is bound, and the compiler proves
//! it.
//!
//! ```text
//! system call -> fops shim -> gate.enter() -> Scope -> driver's method -> device resources
//! unbind      -> binding -> registration -> gate closes -> wake -> drain -> disconnect -> drop
//! ```
//!
//! The rooms, from the top. Each uses those below it, and none above, which a test checks:
//!
//! - [`miscdevice_sync`]: a misc device whose file operations all end before unbind does.
//! - [`chardev`]: a character device with a number and a class of its own; the same otherwise.
//! - [`block`]: disks that a file operation creates.
//! - `child`: devices that a file operation creates, and opens for its caller.
//! - [`callback`]: interrupts, work, timers and more that all end before unbind does.
//! - [`fops`]: the file operations that a driver implements, the [`Scope`](fops::Scope) that each
//!   is given, and the shim under them.
//! - `control`: `/dev/devscope`, by which user space takes access away.
//! - [`mapping`]: what programs may have in their address space.
//! - [`revocable`]: values that are reached where there is no scope, across sleeps.
//! - [`lock`]: locks of interrupts, where interrupts are on; turns at work that takes its time.
//! - [`scope`]: the times in which a device is bound, and code that no scope covers.
//! - [`binding`]: the time from probe to unbind as a type; it owns what a driver registers.
//! - [`user`]: user memory, and what is copied there.
//! - [`wait`]: wait queues, and events that pollers wait for.
//! - `gate`: which callers may be inside, and how all of them are brought out.
//! - `sync`: the atomics of the gate's protocol.
//! - [`index`]: small numbers for device names.
//! - `ffi`: thin wrappers over C.
//!
//! `Documentation/writing-a-driver.rst` is the way in for a driver author.

pub mod binding;
#[cfg(CONFIG_BLOCK)]
pub mod block;
pub mod callback;
pub mod chardev;
mod child;
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
pub mod user;
pub mod wait;

use kernel::prelude::*;

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
