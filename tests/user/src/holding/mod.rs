// SPDX-License-Identifier: GPL-2.0

//! All ways to hold an open file of testdev's FIFO, and to make calls through it.

mod asynchronous;
mod descriptor;
mod memory;
mod remote;
mod waiting;

use rustix::fd::OwnedFd;

/// An owner of an open file, in one of the ways.
pub trait Holder {
    /// Checks that its calls on the file reach the driver, if it can tell.
    ///
    /// # Panics
    ///
    /// If it does not.
    fn assert_reaches(&mut self) {}

    /// Checks that no calls reach the driver any more, and that waiters were woken.
    ///
    /// # Panics
    ///
    /// If a task still waits, or a call does not report that the device is gone.
    fn assert_cut_off(&mut self);
}

/// What a holder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The open file description itself.
    File,
    /// Another one: its holder has opened the same node again.
    Another,
    /// None, but it can open one.
    Path,
}

/// A way to hold an open file.
pub struct Way {
    /// Its name.
    pub name: &'static str,
    /// What its holder has.
    pub held: Held,
    /// Takes the only descriptor.
    pub hold: fn(OwnedFd) -> Box<dyn Holder>,
}

impl Way {
    const fn file(name: &'static str, hold: fn(OwnedFd) -> Box<dyn Holder>) -> Self {
        let held = Held::File;
        Self { name, held, hold }
    }
}

/// All of them.
pub fn ways() -> impl Iterator<Item = &'static Way> {
    let parts = [
        descriptor::WAYS,
        memory::WAYS,
        remote::WAYS,
        waiting::WAYS,
        asynchronous::WAYS,
    ];
    parts.into_iter().flatten()
}
