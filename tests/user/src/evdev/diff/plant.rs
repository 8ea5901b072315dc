// SPDX-License-Identifier: GPL-2.0

//! Planted differences.

/// A planted difference, to test that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The first event of each packet is lost.
    LostEvent,
    /// The times are of another clock.
    WrongClock,
    /// A client gets no key events.
    WrongFilter,
    /// A read returns one event less.
    ShortRead,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::LostEvent,
        Self::WrongClock,
        Self::WrongFilter,
        Self::ShortRead,
    ];
}
