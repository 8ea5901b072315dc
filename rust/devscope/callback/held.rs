// SPDX-License-Identifier: GPL-2.0
// UNSAFE: forgets a lifetime, for registrations.

//! What a registration is made with, other than the data of the binding.

use core::ops::Deref;
use kernel::sync::Arc;

/// Something that stays in place for as long as a registration that is made with it: counted, or
/// borrowed for the time that the device is bound. (So a `&'static` is good, too.)
pub enum Held<'bound, T> {
    /// The registration counts as an owner.
    Counted(Arc<T>),
    /// Somebody else keeps it there.
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
    /// For what a binding owns.
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
