// SPDX-License-Identifier: GPL-2.0

//! Devscope: a driver touches its hardware only while its device is bound, and the compiler proves
//! it.
//!
//! ```text
//! system call -> fops shim -> gate.enter() -> Scope -> driver's method -> device resources
//! unbind      -> binding -> registration -> gate closes -> wake -> drain -> disconnect -> drop
//! ```
//!
//! The rooms, from the top. A room uses the rooms below it and none above. A test checks this:
//!
//! - [`miscdevice_sync`]: registration of a misc device, whose file operations end before unbind
//!   returns.
//! - [`chardev`]: registration of a character device with a number and a class of its own.
//! - [`block`]: disks that a file operation creates.
//! - `child`: devices that a file operation creates and opens for its caller.
//! - [`callback`]: interrupts, work, timers and others, which end before unbind returns.
//! - [`fops`]: the file operations that a driver implements, the [`Scope`](fops::Scope) that each
//!   gets, and the shim that calls them.
//! - `control`: `/dev/devscope`, by which user space revokes files.
//! - [`mapping`]: memory that programs may map.
//! - [`revocable`]: values that are used without a scope, also across a sleep.
//! - [`lock`]: spinlocks that interrupts take, where interrupts are enabled; turns at long work.
//! - [`scope`]: the scope of a callback, and code that no scope covers.
//! - [`binding`]: the time from probe to unbind as a type; it owns the registrations of a driver.
//! - [`user`]: user memory, and copies from and to it.
//! - [`wait`]: wait queues, and events that pollers wait for.
//! - `gate`: counts the callers that are inside, and drains them.
//! - `sync`: the atomics of the gate's protocol.
//! - [`index`]: numbers for device names.
//! - `ffi`: thin wrappers over C.
//!
//! Driver authors should start with `Documentation/writing-a-driver.rst`.

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
