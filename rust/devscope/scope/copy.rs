// SPDX-License-Identifier: GPL-2.0

//! Copying to and from user memory without being held up by it.
//!
//! A page of user memory that is not there may take for ever to come: its userfaultfd is not
//! served, its FUSE server does not answer. So a copy runs with page faults disabled, which is
//! enough for nearly every one. Where it comes up short, it leaves the gate, faults the pages in,
//! and comes back.

use super::{Cut, Scope};
use crate::{
    ffi::{sleeper::Mode, user, without_faults},
    fops::{SyncFile, UserDest, UserSource}, //
};
use kernel::{error::code::*, prelude::*, uaccess::UserPtr};
use zerocopy::Immutable;

/// A copy that may come up short.
pub(crate) trait Transfer {
    /// Goes on copying, with page faults disabled. Returns the number of bytes still to copy.
    fn advance(&mut self) -> usize;

    /// Brings the next `bytes` bytes of user memory in. May sleep for ever; only a signal that
    /// kills ends it. Returns whether any of them came.
    fn fault_in(&mut self, bytes: usize) -> bool;
}

impl<'a, T: SyncFile> Scope<'a, T> {
    /// Copies `bytes` to the caller of `read()`, or as much of it as the caller has room for;
    /// [`UserDest::copied`] tells how much that was. May sleep.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device went while the caller's memory was brought in.
    /// - `EFAULT`: the caller's memory is not to be had.
    /// - `ERESTARTSYS`: the caller is being killed.
    #[inline]
    pub fn copy_out(self, user: &mut UserDest<'_>, bytes: &[u8]) -> Result<Self, Cut<Self>> {
        self.transfer(user.transfer(bytes))
    }

    /// Copies from the caller of `write()` until `bytes` is full or the caller has no more;
    /// [`UserSource::copied`] tells how much that was. May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::copy_out`].
    #[inline]
    pub fn copy_in(self, user: &mut UserSource<'_>, bytes: &mut [u8]) -> Result<Self, Cut<Self>> {
        self.transfer(user.transfer(bytes))
    }

    /// Reads a value at an address that an ioctl was given. May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::copy_out`].
    ///
    /// # Examples
    ///
    /// ```ignore
    /// let (scope, request) = scope.read_user::<Request>(UserPtr::from_addr(arg))?;
    /// let answer = scope.data().command(&request)?;
    /// scope.write_user(UserPtr::from_addr(arg), &answer)?;
    /// ```
    #[inline]
    pub fn read_user<V>(self, from: UserPtr) -> Result<(Self, V), Cut<Self>>
    where
        V: FromBytes + IntoBytes,
    {
        let mut value = V::new_zeroed();
        let scope = self.read_user_slice(from, value.as_mut_bytes())?;
        Ok((scope, value))
    }

    /// Writes `value` to an address that an ioctl was given. May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::copy_out`].
    #[inline]
    pub fn write_user<V>(self, to: UserPtr, value: &V) -> Result<Self, Cut<Self>>
    where
        V: IntoBytes + Immutable,
    {
        self.write_user_slice(to, value.as_bytes())
    }

    /// Fills `bytes` from an address that an ioctl was given. May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::copy_out`].
    #[inline]
    pub fn read_user_slice(self, from: UserPtr, bytes: &mut [u8]) -> Result<Self, Cut<Self>> {
        self.transfer(user::FromUser::new(from, bytes))
    }

    /// Copies all of `bytes` to an address that an ioctl was given. May sleep.
    ///
    /// # Errors
    ///
    /// As [`Self::copy_out`].
    #[inline]
    pub fn write_user_slice(self, to: UserPtr, bytes: &[u8]) -> Result<Self, Cut<Self>> {
        self.transfer(user::ToUser::new(to, bytes))
    }

    #[inline]
    fn transfer(self, mut transfer: impl Transfer) -> Result<Self, Cut<Self>> {
        match without_faults(|| transfer.advance()) {
            0 => Ok(self),
            missing => self.transfer_slowly(transfer, missing),
        }
    }

    #[cold]
    fn transfer_slowly(
        self,
        mut transfer: impl Transfer,
        mut missing: usize,
    ) -> Result<Self, Cut<Self>> {
        let section = self.section;
        while missing > 0 {
            section.leave();
            let came = transfer.fault_in(missing);
            if !section.reenter() {
                return Err(Cut::Gone);
            }
            if Mode::Killable.signalled() {
                return Err(Cut::Short(Scope::new(section), ERESTARTSYS));
            }
            if !came {
                return Err(Cut::Short(Scope::new(section), EFAULT));
            }
            missing = without_faults(|| transfer.advance());
        }
        Ok(Scope::new(section))
    }
}
