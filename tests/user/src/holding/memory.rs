// SPDX-License-Identifier: GPL-2.0

//! Mappings, which hold a file that has no descriptor any more.

use super::{Holder, Way};
use crate::{child::Child, fdpass, mapped::Mapped};
use rustix::{
    fd::OwnedFd,
    io::{read, write, Errno},
};

pub(super) const WAYS: &[Way] = &[
    Way::file("a mapping", |file| Box::new(mapped(file))),
    Way::file("a mapping in a child", |file| {
        Box::new(Inherited::new(file))
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

/// A child that has inherited the mapping, and looks when it is told to. Its parent has none any more.
struct Inherited {
    _child: Child,
    socket: OwnedFd,
}

impl Inherited {
    fn new(file: OwnedFd) -> Self {
        let (ours, theirs) = fdpass::pair();
        let mapping = mapped(file);
        mapping.load(0).expect("a register");
        let child = Child::fork(|| {
            while read(&theirs, &mut [0]) == Ok(1) {
                let _ = write(&theirs, &[u8::from(mapping.load(0).is_ok())]);
            }
            0
        });
        Self {
            _child: child,
            socket: ours,
        }
    }

    fn reaches(&self) -> bool {
        assert_eq!(write(&self.socket, b"!"), Ok(1));
        let mut said = [0];
        assert_eq!(read(&self.socket, &mut said), Ok(1));
        said == [1]
    }
}

impl Holder for Inherited {
    fn assert_reaches(&mut self) {
        assert!(self.reaches());
    }

    fn assert_cut_off(&mut self) {
        assert!(!self.reaches());
    }
}
