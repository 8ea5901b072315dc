// SPDX-License-Identifier: GPL-2.0

//! What can be read when the device is gone.

use super::{FileOperations, OpenFile};
use crate::user::{
    transfer::{self, Transfer},
    Pieces,
    ToIter,
    UserDest, //
};
use kernel::prelude::*;

/// An open file whose device is unplugged, for [`FileOperations::read_left`]. It is no scope: there
/// is no device, and what may take for ever holds up nobody but the caller.
pub struct Left<'a, T: FileOperations>(&'a OpenFile<T>);

impl<'a, T: FileOperations> Left<'a, T> {
    pub(super) fn new(open: &'a OpenFile<T>) -> Self {
        Self(open)
    }

    /// The data of the open file.
    pub fn file(&self) -> &T {
        self.0.data()
    }

    /// Copies `bytes` to the caller of `read()`, or as much of it as the caller has room for;
    /// [`UserDest::copied`] tells how much that was. May sleep.
    ///
    /// # Errors
    ///
    /// `EFAULT`: the caller's memory is not to be had.
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
