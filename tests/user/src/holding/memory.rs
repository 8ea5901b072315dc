// SPDX-License-Identifier: GPL-2.0

//! Mappings, which hold a file without a descriptor.

use super::{remote::Asked, Holder, Way};
use crate::mapped::Mapped;
use rustix::{fd::OwnedFd, io::Errno};

pub(super) const WAYS: &[Way] = &[
    Way::file("a mapping", |file| Box::new(mapped(file))),
    Way::file("a mapping in a child", |file| {
        let mapping = mapped(file);
        mapping.load(0).expect("a register");
        let load = move || mapping.load(0).map(drop);
        Box::new(Asked::new(Errno::FAULT, load))
    }),
];

/// The registers of the device.
fn mapped(file: OwnedFd) -> Mapped {
    Mapped::of(file, 0, 1).expect("mmap")
}

impl Holder for Mapped {
    fn assert_reaches(&mut self) {
        self.load(0).expect("a register");
    }

    fn assert_cut_off(&mut self) {
        assert_eq!(self.load(0), Err(Errno::FAULT));
        assert_eq!(self.store(0, 0), Err(Errno::FAULT));
    }
}
