// SPDX-License-Identifier: GPL-2.0

//! Copies from and to user memory that do not hold up unbind.
//!
//! A page fault on user memory may never end: a userfaultfd or a FUSE server may not answer. So a
//! copy first runs with page faults disabled, which usually succeeds. If pages are missing, it
//! leaves the gate, copies the rest with page faults enabled, and enters again.

use super::{Scope, ScopeError};
use crate::{
    ffi::without_faults,
    fops::FileOperations,
    user::{
        transfer::{self, Transfer},
        Bytes,
        FromIter,
        Pieces,
        ToIter,
        UserDest,
        UserSource, //
    },
    wait::Mode, //
};
use kernel::{error::code::*, prelude::*, uaccess::UserPtr};
use zerocopy::Immutable;

/// The source of `clear_user`.
static ZEROS: [u8; 512] = [0; 512];

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Copies as much of `bytes` to the caller of `read()` as fits into the caller's buffer.
    /// [`UserDest::copied`] returns the number of bytes. May sleep.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone after a page fault.
    /// - `EFAULT`: the caller's memory is not accessible.
    /// - `ERESTARTSYS`: a fatal signal is pending.
    #[inline(always)]
    pub fn copy_out(self, user: &mut UserDest<'_>, bytes: &[u8]) -> Result<Self, ScopeError<Self>> {
        let bytes = &bytes[..bytes.len().min(user.len())];
        match user.pieces() {
            Pieces::Iter(iov) => self.transfer(ToIter(iov, bytes)),
            Pieces::One { at, len } => {
                let done = without_faults(|| transfer::copy_to(*at, bytes.into()));
                *at = at.wrapping_byte_add(done);
                *len -= done;
                if done == bytes.len() {
                    return Ok(self);
                }
                let rest = transfer::ToUser::new(*at, &bytes[done..]);
                let (result, missing) = self.transfer_rest(rest);
                let more = bytes.len() - done - missing;
                *at = at.wrapping_byte_add(more);
                *len -= more;
                result
            }
        }
    }

    /// Copies from the caller of `write()` until `bytes` is full or the caller's buffer is empty.
    /// [`UserSource::copied`] returns the number of bytes. May sleep.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`].
    #[inline(always)]
    pub fn copy_in(
        self,
        user: &mut UserSource<'_>,
        bytes: &mut [u8],
    ) -> Result<Self, ScopeError<Self>> {
        let wanted = bytes.len().min(user.len());
        let bytes = &mut bytes[..wanted];
        match user.pieces() {
            Pieces::Iter(iov) => self.transfer(FromIter(iov, bytes, 0)),
            Pieces::One { at, len } => {
                let done = without_faults(|| transfer::copy_from(*at, bytes));
                *at = at.wrapping_byte_add(done);
                *len -= done;
                if done == wanted {
                    return Ok(self);
                }
                let rest = transfer::FromUser::new(*at, &mut bytes[done..]);
                let (result, missing) = self.transfer_rest(rest);
                let more = wanted - done - missing;
                *at = at.wrapping_byte_add(more);
                *len -= more;
                result
            }
        }
    }

    /// Reads a value from a user address, usually an ioctl argument. May sleep.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use card::CardFile;
    /// # fn f(scope: Scope<'_, CardFile>, arg: usize) -> Result {
    /// let (scope, request) = scope.read_user::<u32>(UserPtr::from_addr(arg))?;
    /// let answer = scope.data().command(&request)?;
    /// scope.write_user(UserPtr::from_addr(arg), &answer)?;
    /// # Ok(()) }
    /// ```
    #[inline(always)]
    pub fn read_user<V>(self, from: UserPtr) -> Result<(Self, V), ScopeError<Self>>
    where
        V: FromBytes + IntoBytes,
    {
        let mut value = V::new_zeroed();
        let scope = self.read_user_slice(from, value.as_mut_bytes())?;
        Ok((scope, value))
    }

    /// Writes `value` to a user address, usually an ioctl argument. May sleep.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`].
    #[inline]
    pub fn write_user<V>(self, to: UserPtr, value: &V) -> Result<Self, ScopeError<Self>>
    where
        V: IntoBytes + Immutable,
    {
        self.write_user_slice(to, value.as_bytes())
    }

    /// Fills `bytes` from a user address, usually an ioctl argument. May sleep.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`].
    #[inline(always)]
    pub fn read_user_slice(
        self,
        from: UserPtr,
        bytes: &mut [u8],
    ) -> Result<Self, ScopeError<Self>> {
        self.transfer(transfer::FromUser::new(from, bytes))
    }

    /// Copies all of `bytes` to a user address, usually an ioctl argument. May sleep.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`].
    #[inline]
    pub fn write_user_slice(self, to: UserPtr, bytes: &[u8]) -> Result<Self, ScopeError<Self>> {
        self.transfer(transfer::ToUser::new(to, bytes))
    }

    /// As [`Self::write_user_slice`], for bytes that belong to the device, or that may change. If a
    /// page of the caller is missing, they are copied to an allocated buffer first.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`], and `ENOMEM`.
    #[inline]
    pub fn write_user_with(
        self,
        to: UserPtr,
        bytes: impl for<'s> FnOnce(&'s Self) -> Bytes<'s>,
    ) -> Result<Self, ScopeError<Self>> {
        let bytes = bytes(&self);
        let done = without_faults(|| transfer::copy_to(to, bytes));
        let rest = bytes.after(done);
        if rest.is_empty() {
            return Ok(self);
        }
        let copy = KVVec::from_elem(0, rest.len(), GFP_KERNEL).map(|mut copy| {
            copy.iter_mut()
                .zip(rest.iter())
                .for_each(|(to, from)| *to = from);
            copy
        });
        match copy {
            Ok(copy) => self.write_user_slice(to.wrapping_byte_add(done), &copy),
            Err(_) => Err(ScopeError::Short(self, ENOMEM)),
        }
    }

    /// Writes `len` zeros to a user address, usually an ioctl argument. May sleep. It leaves the
    /// gate regularly, so a large `len` does not hold up unbind.
    ///
    /// # Errors
    ///
    /// As for [`Self::copy_out`].
    #[inline]
    pub fn clear_user(self, to: UserPtr, len: usize) -> Result<Self, ScopeError<Self>> {
        match len {
            0 => Ok(self),
            _ => self.clear_user_slice(to, len),
        }
    }

    fn clear_user_slice(self, to: UserPtr, len: usize) -> Result<Self, ScopeError<Self>> {
        let mut scope = self;
        let mut done = 0;
        loop {
            let count = ZEROS.len().min(len - done);
            scope = scope.write_user_slice(to.wrapping_byte_add(done), &ZEROS[..count])?;
            done += count;
            if done == len {
                return Ok(scope);
            }
            scope = scope.leave().reenter()?;
        }
    }

    #[inline(always)]
    fn transfer(self, mut transfer: impl Transfer) -> Result<Self, ScopeError<Self>> {
        match without_faults(|| transfer.advance()) {
            0 => Ok(self),
            _ => self.transfer_rest(transfer).0,
        }
    }

    /// Continues a copy that was incomplete. Also returns the number of bytes that are missing.
    #[inline(always)]
    fn transfer_rest(self, transfer: impl Transfer) -> (Result<Self, ScopeError<Self>>, usize) {
        let mut missing = 0;
        let place = &mut missing;
        let result = self.elsewhere(move |scope| scope.transfer_outside(transfer, place));
        (result, missing)
    }

    /// Copies the rest outside of the gate. The buffer cannot be borrowed from the scope, which was
    /// consumed. A fatal signal ends the copy.
    #[cold]
    #[inline(never)]
    fn transfer_outside(
        self,
        mut transfer: impl Transfer,
        missing: &mut usize,
    ) -> Result<Self, ScopeError<Self>> {
        let outside = self.leave();
        *missing = transfer.advance();
        let scope = outside.reenter()?;
        match *missing {
            0 => Ok(scope),
            _ if Mode::Killable.signalled() => Err(ScopeError::Short(scope, ERESTARTSYS)),
            _ => Err(ScopeError::Short(scope, EFAULT)),
        }
    }
}
