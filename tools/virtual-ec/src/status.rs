// SPDX-License-Identifier: GPL-2.0

//! What a command ends with, `enum ec_status`.

/// A result that is no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

/// The result of a command that did what it was to do.
pub const SUCCESS: u16 = 0;

impl Status {
    pub const INVALID_COMMAND: Self = Self(1);
    pub const INVALID_PARAM: Self = Self(3);
    pub const INVALID_VERSION: Self = Self(6);
    pub const INVALID_CHECKSUM: Self = Self(7);
    pub const IN_PROGRESS: Self = Self(8);
    pub const UNAVAILABLE: Self = Self(9);
    pub const OVERFLOW: Self = Self(11);
    pub const INVALID_HEADER: Self = Self(12);
    pub const REQUEST_TRUNCATED: Self = Self(13);
    pub const RESPONSE_TOO_BIG: Self = Self(14);
}
