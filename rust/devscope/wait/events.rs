// SPDX-License-Identifier: GPL-2.0

//! The events of `poll()`.
//!
//! C header: [`include/uapi/linux/eventpoll.h`](srctree/include/uapi/linux/eventpoll.h)

use core::ops::BitOr;

/// A set of events, as `poll()` returns them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Events(u32);

impl Events {
    /// Nothing is ready.
    pub const NONE: Self = Self(0);
    /// Ready to read: `EPOLLIN | EPOLLRDNORM`.
    pub const IN: Self = Self(0x001 | 0x040);
    /// Ready to write: `EPOLLOUT | EPOLLWRNORM`.
    pub const OUT: Self = Self(0x004 | 0x100);
    /// Urgent data: `EPOLLPRI`.
    pub const PRI: Self = Self(0x002);
    /// An error: `EPOLLERR`.
    pub const ERR: Self = Self(0x008);
    /// The other side is gone: `EPOLLHUP`.
    pub const HUP: Self = Self(0x010);

    /// Returns `self` if `condition` holds, and [`Self::NONE`] otherwise.
    #[must_use]
    pub fn when(self, condition: bool) -> Self {
        if condition {
            self
        } else {
            Self::NONE
        }
    }

    pub(crate) const fn mask(self) -> u32 {
        self.0
    }
}

impl BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
