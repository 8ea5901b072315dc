// SPDX-License-Identifier: GPL-2.0
// UNSAFE: copies to and from user memory.

//! Copies to and from a user address, for ioctls.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use crate::scope::Transfer;
use kernel::{bindings, uaccess::UserPtr};

/// From a user address into `bytes`.
pub(crate) struct FromUser<'a> {
    from: UserPtr,
    bytes: &'a mut [u8],
    done: usize,
}

impl<'a> FromUser<'a> {
    #[inline]
    pub(crate) fn new(from: UserPtr, bytes: &'a mut [u8]) -> Self {
        Self {
            from,
            bytes,
            done: 0,
        }
    }
}

impl Transfer for FromUser<'_> {
    #[inline]
    fn advance(&mut self) -> usize {
        let from = self.from.wrapping_byte_add(self.done).as_const_ptr();
        let rest = &mut self.bytes[self.done..];
        // SAFETY: `rest` is valid for writes of its length; the function checks `from`.
        let missing =
            unsafe { bindings::copy_from_user(rest.as_mut_ptr().cast(), from, rest.len()) };
        self.done = self.bytes.len() - missing;
        missing
    }
}

/// From `bytes` to a user address.
pub(crate) struct ToUser<'a> {
    to: UserPtr,
    bytes: &'a [u8],
    done: usize,
}

impl<'a> ToUser<'a> {
    #[inline]
    pub(crate) fn new(to: UserPtr, bytes: &'a [u8]) -> Self {
        Self { to, bytes, done: 0 }
    }
}

impl Transfer for ToUser<'_> {
    #[inline]
    fn advance(&mut self) -> usize {
        let to = self.to.wrapping_byte_add(self.done).as_mut_ptr();
        let rest = &self.bytes[self.done..];
        // SAFETY: `rest` is valid for reads of its length; the function checks `to`.
        let missing = unsafe { bindings::copy_to_user(to, rest.as_ptr().cast(), rest.len()) };
        self.done = self.bytes.len() - missing;
        missing
    }
}
