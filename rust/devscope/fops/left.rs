// SPDX-License-Identifier: GPL-2.0

//! Reads after unplug.

use super::{FileOperations, OpenFile};
use crate::user::{
    transfer::{self, Transfer},
    Pieces,
    ToIter,
    UserDest, //
};
use kernel::prelude::*;

/// An open file whose device is unplugged, for [`FileOperations::read_left`]. It is not a scope:
/// there is no device, and a page fault that never ends holds up only the caller.
pub struct Left<'a, T: FileOperations>(&'a OpenFile<T>);

impl<'a, T: FileOperations> Left<'a, T> {
    pub(super) fn new(open: &'a OpenFile<T>) -> Self {
        Self(open)
    }

    /// Returns the data of the open file.
    pub fn file(&self) -> &T {
        self.0.data()
    }

    /// Copies as much of `bytes` to the caller of `read()` as fits into the caller's buffer.
    /// [`UserDest::copied`] returns the number of bytes. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: the caller's buffer is not accessible.
    pub fn copy_out(&self, user: &mut UserDest<'_>, bytes: &[u8]) -> Result {
        let bytes = &bytes[..bytes.len().min(user.len())];
        let missing = match user.pieces() {
            Pieces::Iter(iov) => ToIter(iov, bytes).advance(),
            Pieces::One { at, len } => {
                let done = transfer::copy_to(*at, bytes.into());
                *at = at.wrapping_byte_add(done);
                *len -= done;
                bytes.len() - done
            }
        };
        match missing {
            0 => Ok(()),
            _ => Err(EFAULT),
        }
    }
}
