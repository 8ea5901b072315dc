// SPDX-License-Identifier: GPL-2.0
// UNSAFE: copies to and from user memory.

//! Copies from and to user memory, which may be incomplete.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use super::Bytes;
use crate::ffi::helpers;
use kernel::{bindings, uaccess::UserPtr};

/// A copy that may be incomplete.
pub(crate) trait Transfer {
    /// Continues to copy. Returns the number of bytes that are not copied: because a page is
    /// missing and page faults are disabled, or because the memory is not accessible.
    fn advance(&mut self) -> usize;
}

/// Copies `bytes` to a user address. Returns the number of copied bytes.
#[inline]
pub(crate) fn copy_to(to: UserPtr, bytes: Bytes<'_>) -> usize {
    let to = to.as_mut_ptr();
    // A copy of the size of a word takes one instruction.
    // SAFETY: `bytes` is valid for reads of its length, which other code may write meanwhile; the
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

/// Fills `bytes` from a user address. Returns the number of copied bytes.
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

/// A copy from a user address into `bytes`.
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

/// A copy from `bytes` to a user address.
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
