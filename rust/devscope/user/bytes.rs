// SPDX-License-Identifier: GPL-2.0
// UNSAFE: memory that others may write.

//! Memory that is copied to user space without a bounce buffer.

use core::marker::PhantomData;
use kernel::sync::atomic::Atomic;

/// Bytes for user space. They may change while they are copied; the copy then has a mixture of old
/// and new bytes.
///
/// # Invariants
///
/// `start` is valid for volatile reads of `len` bytes, for `'a`.
#[derive(Clone, Copy)]
pub struct Bytes<'a> {
    start: *const u8,
    len: usize,
    _memory: PhantomData<&'a [u8]>,
}

impl<'a> Bytes<'a> {
    /// Returns the bytes of a value, which other code may write.
    ///
    /// # Safety
    ///
    /// `value` is valid for `'a`, and all of its bytes are initialised.
    #[inline(always)]
    pub unsafe fn from_raw<T>(value: *const T) -> Self {
        // INVARIANT: The caller's value is valid for `'a`, and all of its bytes are initialised.
        Self {
            start: value.cast(),
            len: size_of::<T>(),
            _memory: PhantomData,
        }
    }

    /// Returns the number of bytes.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.len
    }

    /// Returns whether there are no bytes.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Returns the first bytes, at most `len`.
    #[inline(always)]
    pub fn first(self, len: usize) -> Self {
        // INVARIANT: No more than there were.
        Self {
            len: len.min(self.len),
            ..self
        }
    }

    /// Returns all bytes but the first `count`.
    #[inline(always)]
    pub(crate) fn after(self, count: usize) -> Self {
        let count = count.min(self.len);
        // INVARIANT: These are a part of what there was.
        Self {
            start: self.start.wrapping_add(count),
            len: self.len - count,
            ..self
        }
    }

    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const u8 {
        self.start
    }

    /// Reads the bytes one after the other.
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> + use<'a> {
        // SAFETY: By the type invariant.
        (0..self.len).map(move |at| unsafe { self.start.add(at).read_volatile() })
    }
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    #[inline(always)]
    fn from(bytes: &'a [u8]) -> Self {
        // INVARIANT: Valid, and no code writes them.
        Self {
            start: bytes.as_ptr(),
            len: bytes.len(),
            _memory: PhantomData,
        }
    }
}

impl<'a> From<&'a [Atomic<usize>]> for Bytes<'a> {
    #[inline(always)]
    fn from(words: &'a [Atomic<usize>]) -> Self {
        // INVARIANT: Valid, and with a layout without padding.
        Self {
            start: words.as_ptr().cast(),
            len: size_of_val(words),
            _memory: PhantomData,
        }
    }
}
