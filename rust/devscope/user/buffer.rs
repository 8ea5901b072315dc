// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps `struct iov_iter` and a file's position.

//! The caller's buffers in `read`, `write`, `read_iter` and `write_iter`.
//!
//! C headers: [`include/linux/uio.h`](srctree/include/linux/uio.h),
//! [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::transfer::Transfer;
use core::marker::PhantomData;
use kernel::{
    bindings,
    iov::{IovIterDest, IovIterSource},
    uaccess::UserPtr, //
};

/// The location of the bytes.
pub(crate) enum Pieces<'a, I> {
    /// Any number of segments, in user or kernel memory.
    Iter(&'a mut I),
    /// One segment of user memory.
    One { at: UserPtr, len: usize },
}

/// Declares a buffer type over a kernel crate's `IovIter*`.
macro_rules! user_buffer {
    ($(#[$doc:meta])* $name:ident, $iov:ident) => {
        $(#[$doc])*
        ///
        /// It may be any list of segments in user or kernel memory.
        ///
        /// # Invariants
        ///
        /// `pieces` and `position`, if it is not null, are valid, and used through this value only,
        /// for `'a`.
        pub struct $name<'a> {
            position: *mut bindings::loff_t,
            pieces: Pieces<'a, $iov<'a>>,
            room: usize,
            _position: PhantomData<&'a mut bindings::loff_t>,
        }

        impl<'a> $name<'a> {
            /// # Safety
            ///
            /// `position` and `iov` are those of one call of the file operation, which lasts for
            /// `'a`; they are used through this value only. A stream has no position: null.
            #[inline(always)]
            pub(crate) unsafe fn from_raw(
                position: *mut bindings::loff_t,
                iov: *mut bindings::iov_iter,
            ) -> Self {
                // SAFETY: The caller passes the iterator of a call that lasts for `'a`, for use
                // through this value only. The VFS has set its direction.
                let iov = unsafe { &mut *iov.cast::<$iov<'a>>() };
                let room = iov.len();
                // INVARIANT: Both are valid for `'a`, as long as the caller's call lasts, and used
                // through this value only.
                Self { position, pieces: Pieces::Iter(iov), room, _position: PhantomData }
            }

            /// For one segment of user memory, which need not be accessible.
            ///
            /// # Safety
            ///
            /// As for [`Self::from_raw`].
            #[inline(always)]
            pub(crate) unsafe fn from_user(
                position: *mut bindings::loff_t,
                at: UserPtr,
                len: usize,
            ) -> Self {
                // INVARIANT: The position is valid for `'a`, as long as the caller's call lasts,
                // and used through this value only; the memory at `at` need not be valid.
                Self {
                    position,
                    pieces: Pieces::One { at, len },
                    room: len,
                    _position: PhantomData,
                }
            }

            /// The location of the bytes.
            #[inline(always)]
            pub(crate) fn pieces(&mut self) -> &mut Pieces<'a, $iov<'a>> {
                &mut self.pieces
            }

            /// Returns the number of bytes that are left.
            #[inline]
            pub fn len(&self) -> usize {
                match &self.pieces {
                    Pieces::Iter(iov) => iov.len(),
                    Pieces::One { len, .. } => *len,
                }
            }

            /// Returns whether no bytes are left.
            #[inline]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Returns the initial number of bytes.
            #[inline(always)]
            pub(crate) fn room(&self) -> usize {
                self.room
            }

            /// Returns the number of bytes that were copied so far.
            #[inline]
            pub fn copied(&self) -> usize {
                self.room - self.len()
            }

            /// Returns the position of the call in the file; 0 in a stream.
            #[inline]
            pub fn position(&self) -> i64 {
                // SAFETY: By the type invariant.
                unsafe { self.position.as_ref() }.map_or(0, |position| *position)
            }

            /// Sets the position of the file after the call.
            #[inline]
            pub fn set_position(&mut self, position: i64) {
                // SAFETY: By the type invariant.
                if let Some(place) = unsafe { self.position.as_mut() } {
                    *place = position;
                }
            }
        }
    };
}

user_buffer! {
    /// The destination of a `read()`; see [`Scope::copy_out`](crate::fops::Scope::copy_out).
    UserDest, IovIterDest
}

user_buffer! {
    /// The source of a `write()`; see [`Scope::copy_in`](crate::fops::Scope::copy_in).
    UserSource, IovIterSource
}

/// A copy to any number of segments.
pub(crate) struct ToIter<'t, 'a>(pub(crate) &'t mut IovIterDest<'a>, pub(crate) &'t [u8]);

impl Transfer for ToIter<'_, '_> {
    #[inline]
    fn advance(&mut self) -> usize {
        let done = self.0.copy_to_iter(self.1);
        self.1 = &self.1[done..];
        self.1.len()
    }
}

/// A copy from any number of segments. The last field is the number of bytes that are copied.
pub(crate) struct FromIter<'t, 'a>(
    pub(crate) &'t mut IovIterSource<'a>,
    pub(crate) &'t mut [u8],
    pub(crate) usize,
);

impl Transfer for FromIter<'_, '_> {
    #[inline]
    fn advance(&mut self) -> usize {
        self.2 += self.0.copy_from_iter(&mut self.1[self.2..]);
        self.1.len() - self.2
    }
}
