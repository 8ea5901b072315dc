// SPDX-License-Identifier: GPL-2.0
// UNSAFE: copies to and from user memory.

//! Copies to and from user memory, which may come up short.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use super::Bytes;
use crate::ffi::helpers;
use kernel::{bindings, uaccess::UserPtr};

/// A copy that may come up short.
pub(crate) trait Transfer {
    /// Goes on copying. Returns the number of bytes that are still to copy: because a page is not
    /// there and faults are disabled, or because it is not to be had.
    fn advance(&mut self) -> usize;
}

/// Copies `bytes` to a user address. Returns how many it could.
#[inline]
pub(crate) fn copy_to(to: UserPtr, bytes: Bytes<'_>) -> usize {
    let to = to.as_mut_ptr();
    // What is as long as a word goes there in one instruction.
    // SAFETY: `bytes` is valid for reads of its length, which others may write meanwhile; the
    // functions check `to`.
    let missing = unsafe {
        match bytes.len() {
            4 if helpers::devscope_put_user_4(bytes.as_ptr().cast(), to) => 0,
            8 if helpers::devscope_put_user_8(bytes.as_ptr().cast(), to) => 0,
            len => bindings::copy_to_user(to, bytes.as_ptr().cast(), len),
        }
    };
    bytes.len() - missing
}

/// Fills `bytes` from a user address. Returns how many it could.
#[inline]
pub(crate) fn copy_from(from: UserPtr, bytes: &mut [u8]) -> usize {
    let from = from.as_const_ptr();
    // SAFETY: `bytes` is valid for writes of its length; the functions check `from`.
    let missing = unsafe {
        match bytes.len() {
            4 if helpers::devscope_get_user_4(bytes.as_mut_ptr().cast(), from) => 0,
            8 if helpers::devscope_get_user_8(bytes.as_mut_ptr().cast(), from) => 0,
            len => bindings::copy_from_user(bytes.as_mut_ptr().cast(), from, len),
        }
    };
    bytes.len() - missing
}

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
        let from = self.from.wrapping_byte_add(self.done);
        self.done += copy_from(from, &mut self.bytes[self.done..]);
        self.bytes.len() - self.done
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
        let to = self.to.wrapping_byte_add(self.done);
        self.done += copy_to(to, Bytes::from(&self.bytes[self.done..]));
        self.bytes.len() - self.done
    }
}
