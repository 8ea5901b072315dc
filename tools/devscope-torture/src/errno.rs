// SPDX-License-Identifier: GPL-2.0

//! The names of errors.

use nix::errno::Errno;

/// The largest one.
const MOST: i32 = 133;

/// The error of a name.
pub fn number(name: &str) -> Option<i32> {
    (1..=MOST).find(|number| self::name(*number) == name)
}

/// The name of `errno`, or its number.
pub fn name(errno: i32) -> String {
    match Errno::from_raw(errno) {
        Errno::UnknownErrno => errno.to_string(),
        known => format!("{known:?}"),
    }
}
