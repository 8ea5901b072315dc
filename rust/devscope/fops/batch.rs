// SPDX-License-Identifier: GPL-2.0
// UNSAFE: memory that is not initialised yet.

//! Values that are copied to user space together.

use core::mem::MaybeUninit;

/// At most `N` values, which were made one after the other and are copied out together. On the stack,
/// and not cleared first.
///
/// # Examples
///
/// ```ignore
/// let events = Batch::<Event, 8>::take_from(core::iter::from_fn(|| queue.pop()));
/// scope.copy_out(user, events.as_slice().as_bytes())?
/// ```
///
/// # Invariants
///
/// The first `len` values are initialised.
pub struct Batch<V: Copy, const N: usize> {
    values: [MaybeUninit<V>; N],
    len: usize,
}

impl<V: Copy, const N: usize> Batch<V, N> {
    /// Takes as many values as there are, or as there is room for.
    #[inline(always)]
    pub fn take_from(values: impl Iterator<Item = V>) -> Self {
        let mut places = [const { MaybeUninit::uninit() }; N];
        let mut len = 0;
        // Places first: a value for which there is none is not taken.
        for (place, value) in places.iter_mut().zip(values) {
            place.write(value);
            len += 1;
        }
        // INVARIANT: Just written.
        Self {
            values: places,
            len,
        }
    }

    /// The values.
    #[inline]
    pub fn as_slice(&self) -> &[V] {
        // SAFETY: By the type invariant.
        unsafe { core::slice::from_raw_parts(self.values.as_ptr().cast(), self.len) }
    }
}
