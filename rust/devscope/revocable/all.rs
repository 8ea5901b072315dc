// SPDX-License-Identifier: GPL-2.0

//! Access to several values at once, each of which may be revoked on its own.

use super::{Revocable, RevocableGuard};
use crate::scope::MaySleep;

/// A value that may be revoked.
pub trait Access {
    /// The guard through which the value is accessed.
    type Guard<'a>
    where
        Self: 'a;

    /// Returns a guard, which keeps the value until it is dropped, or `None` if the value is
    /// revoked. May sleep.
    fn try_access<'g>(&'g self, context: &'g impl MaySleep) -> Option<Self::Guard<'g>>;
}

impl<T> Access for Revocable<T> {
    type Guard<'a>
        = RevocableGuard<'a, T>
    where
        T: 'a;

    #[inline]
    #[track_caller]
    fn try_access<'g>(&'g self, context: &'g impl MaySleep) -> Option<Self::Guard<'g>> {
        self.try_access(context)
    }
}

/// References to two, three or four values that may be revoked.
pub trait Accesses<'a> {
    /// The guards of all of them.
    type Guards;

    /// Returns all guards or none. May sleep.
    fn try_access_all(self, context: &'a impl MaySleep) -> Option<Self::Guards>;
}

/// Returns the guards of two, three or four values, or `None` if one is revoked. In this case, it
/// holds none of the others.
///
/// The values may be of different types and owners: a [`Revocable`], a
/// [`Devres`](super::devres::Devres), a [`DevresLt`](super::devres::DevresLt). The revoke of one of
/// them waits for its guard; see [`Revocable::revoke`]. May sleep.
///
/// # Examples
///
/// ```
/// # fn f(scope: Scope<'_, EduFile>, clock: Devres<Clock>, port: Devres<Port>) -> Result {
/// let (clock, port) = try_access_all(&scope, (&clock, &port)).ok_or(ENODEV)?;
/// port.set_rate(clock.rate());
/// # Ok(()) }
/// ```
#[inline]
#[track_caller]
pub fn try_access_all<'a, A: Accesses<'a>>(
    context: &'a impl MaySleep,
    values: A,
) -> Option<A::Guards> {
    values.try_access_all(context)
}

macro_rules! tuple {
    ($($R:ident $i:tt),+) => {
        impl<'a, $($R: Access),+> Accesses<'a> for ($(&'a $R,)+) {
            type Guards = ($($R::Guard<'a>,)+);

            #[inline]
            #[track_caller]
            fn try_access_all(self, context: &'a impl MaySleep) -> Option<Self::Guards> {
                // If one is revoked, this drops the guards of those before it.
                Some(($(self.$i.try_access(context)?,)+))
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
