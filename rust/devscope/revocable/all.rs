// SPDX-License-Identifier: GPL-2.0

//! Several values at once, each revoked on its own.

use super::{Revocable, RevocableGuard};
use crate::scope::MaySleep;

/// What may be gone when it is asked for.
pub trait Access {
    /// What it is reached through.
    type Guard<'a>
    where
        Self: 'a;

    /// The value, until the guard is dropped; `None` where it is revoked. May sleep.
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

/// References to two, three or four values that may be gone.
pub trait Accesses<'a> {
    /// The guards of all of them.
    type Guards;

    /// All or none. May sleep.
    fn try_access_all(self, context: &'a impl MaySleep) -> Option<Self::Guards>;
}

/// The guards of two, three or four values; `None` where one is revoked, and then none of the
/// others is held either.
///
/// They may be of different providers: a [`Revocable`], a [`Devres`](super::devres::Devres), a
/// [`DevresLt`](super::devres::DevresLt). Whoever revokes one of them waits for its guard, as
/// [`Revocable::revoke`] does. May sleep.
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
                // Where one is revoked, the guards before it are dropped here.
                Some(($(self.$i.try_access(context)?,)+))
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
