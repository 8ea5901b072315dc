// SPDX-License-Identifier: GPL-2.0

//! Several values at once, each revoked on its own.

use super::{Revocable, RevocableGuard};
use crate::scope::MaySleep;

/// What may be gone when it is asked for.
pub trait Access {
    /// What it is reached through.
    type Guard<'a>: Guard
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

/// What keeps a value from being revoked.
pub trait Guard {
    /// A reference to the value.
    type Ref<'a>
    where
        Self: 'a;

    /// The value.
    fn held(&self) -> Self::Ref<'_>;
}

impl<T> Guard for RevocableGuard<'_, T> {
    type Ref<'a>
        = &'a T
    where
        Self: 'a;

    #[inline]
    fn held(&self) -> &T {
        self
    }
}

/// References to two, three or four values that may be gone.
pub trait Accesses<'a> {
    /// The guards of all of them.
    type Guards;

    /// All or none. May sleep.
    fn try_access_all(self, context: &'a impl MaySleep) -> Option<AllGuard<Self::Guards>>;
}

/// All the values, until the guard is dropped; `None` where one is revoked, and then none of the
/// others is held either.
///
/// They may be of different providers. Whoever revokes one of them waits for the guard, as
/// [`Revocable::revoke`] does. May sleep.
///
/// # Examples
///
/// ```
/// # fn f(scope: Scope<'_, EduFile>, clock: Devres<Clock>, port: Devres<Port>) -> Result {
/// let guard = try_access_all(&scope, (&clock, &port)).ok_or(ENODEV)?;
/// let (clock, port) = guard.get();
/// port.set_rate(clock.rate());
/// # Ok(()) }
/// ```
#[inline]
#[track_caller]
pub fn try_access_all<'a, A: Accesses<'a>>(
    context: &'a impl MaySleep,
    values: A,
) -> Option<AllGuard<A::Guards>> {
    values.try_access_all(context)
}

/// Several values none of which is revoked as long as this is there.
#[must_use = "dropping it gives the values back"]
pub struct AllGuard<G>(G);

macro_rules! tuple {
    ($($R:ident $i:tt),+) => {
        impl<'a, $($R: Access),+> Accesses<'a> for ($(&'a $R,)+) {
            type Guards = ($($R::Guard<'a>,)+);

            #[inline]
            #[track_caller]
            fn try_access_all(
                self,
                context: &'a impl MaySleep,
            ) -> Option<AllGuard<Self::Guards>> {
                // Where one is revoked, the guards before it are dropped here.
                Some(AllGuard(($(self.$i.try_access(context)?,)+)))
            }
        }

        impl<$($R: Guard),+> AllGuard<($($R,)+)> {
            /// The values, in the order in which they were asked for.
            #[inline]
            pub fn get(&self) -> ($($R::Ref<'_>,)+) {
                ($(self.0.$i.held(),)+)
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
