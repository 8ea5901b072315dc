// SPDX-License-Identifier: GPL-2.0

//! All ways to hold an open file of testdev's FIFO, and to make calls through it.

mod asynchronous;
mod descriptor;
mod memory;
mod remote;
mod waiting;

use rustix::fd::OwnedFd;

/// Somebody who holds an open file, in a way of its own.
pub trait Holder {
    /// Checks that what it does with the file reaches the driver, where it can tell.
    ///
    /// # Panics
    ///
    /// If it does not.
    fn assert_reaches(&mut self) {}

    /// Checks that nothing does any more, and that whoever waits was told.
    ///
    /// # Panics
    ///
    /// If somebody still waits, or a call says something else than that the device is gone.
    fn assert_cut_off(&mut self);
}

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The open file description itself.
    File,
    /// One of its own: its holder has opened the same node again.
    Another,
    /// None, but a way to open one.
    Path,
}

/// A way to hold an open file.
pub struct Way {
    /// What it is called.
    pub name: &'static str,
    /// What its holder has in the end.
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
