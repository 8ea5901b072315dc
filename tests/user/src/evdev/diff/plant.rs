// SPDX-License-Identifier: GPL-2.0

//! Differences that are there on purpose.

/// What can be made go wrong, to see that it is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The first event of each packet is lost.
    LostEvent,
    /// Times are those of another clock.
    WrongClock,
    /// A client is not told of keys.
    WrongFilter,
    /// A read gives one event less.
    ShortRead,
}

impl Plant {
    /// Each of them.
    pub const ALL: [Self; 4] = [
        Self::LostEvent,
        Self::WrongClock,
        Self::WrongFilter,
        Self::ShortRead,
    ];
}
