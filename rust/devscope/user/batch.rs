// SPDX-License-Identifier: GPL-2.0
// UNSAFE: memory that is not initialised yet.

//! Values that are copied to user space together.

use core::mem::MaybeUninit;

/// An array of up to `N` values, which are created one after the other and copied to user space
/// together. It is on the stack, and not cleared first.
///
/// # Examples
///
/// ```
/// # type Event = u64;
/// # fn f<'a>(
/// #     scope: Scope<'a, EduFile>,
/// #     user: &mut UserDest<'_>,
/// #     queue: &mut KVec<Event>,
/// # ) -> Result<Scope<'a, EduFile>> {
/// let mut events = Batch::<Event, 16>::new();
/// events.fill(user.len() / size_of::<Event>(), || queue.pop());
/// let scope = scope.copy_out(user, events.as_slice().as_bytes())?;
/// # Ok(scope) }
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
    /// Creates an empty batch.
    #[expect(clippy::new_without_default)]
    #[inline(always)]
    pub const fn new() -> Self {
        // INVARIANT: There is no value.
        Self {
            values: [const { MaybeUninit::uninit() }; N],
            len: 0,
        }
    }

    /// Replaces the values by those that `next` returns, until it returns `None`, and at most
    /// `count`.
    #[inline(always)]
    pub fn fill(&mut self, count: usize, mut next: impl FnMut() -> Option<V>) {
        let mut len = 0;
        for place in self.values.iter_mut().take(count) {
            let Some(value) = next() else {
                break;
            };
            place.write(value);
            len += 1;
        }
        // INVARIANT: Just written.
        self.len = len;
    }

    /// Returns the values.
    #[inline(always)]
    pub fn as_slice(&self) -> &[V] {
        // SAFETY: By the type invariant.
        unsafe { core::slice::from_raw_parts(self.values.as_ptr().cast(), self.len) }
    }
}
