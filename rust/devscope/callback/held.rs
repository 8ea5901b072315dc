// SPDX-License-Identifier: GPL-2.0
// UNSAFE: forgets a lifetime, for registrations.

//! Values that a registration uses, other than the data of the binding.

use core::ops::Deref;
use kernel::sync::Arc;

/// A value that outlives the registration that uses it: reference counted, or borrowed for the time
/// that the device is bound. (So a `&'static` may be passed, too.)
pub enum Held<'bound, T> {
    /// The registration holds a reference.
    Counted(Arc<T>),
    /// Another owner keeps the value until unbind.
    Borrowed(&'bound T),
}

impl<T> From<Arc<T>> for Held<'_, T> {
    fn from(it: Arc<T>) -> Self {
        Self::Counted(it)
    }
}

impl<'bound, T> From<&'bound T> for Held<'bound, T> {
    fn from(it: &'bound T) -> Self {
        Self::Borrowed(it)
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Counted(it) => it,
            Self::Borrowed(it) => it,
        }
    }
}

impl<T> Held<'_, T> {
    /// Removes the lifetime, for a registration that a binding owns.
    ///
    /// # Safety
    ///
    /// The result is dropped before the lifetime ends.
    pub(super) unsafe fn unbounded(self) -> Held<'static, T>
    where
        T: 'static,
    {
        match self {
            Self::Counted(it) => Held::Counted(it),
            // SAFETY: The caller drops the result before the lifetime of the borrow ends.
            Self::Borrowed(it) => Held::Borrowed(unsafe { &*core::ptr::from_ref(it) }),
        }
    }
}
