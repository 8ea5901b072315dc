// SPDX-License-Identifier: GPL-2.0

//! The error of a wait or a copy.

use kernel::error::{code::ENODEV, Error};

/// A wait or a copy failed. `?` converts it to the error that user space gets.
///
/// # Examples
///
/// ```
/// # fn f(scope: Scope<'_, EduFile>, timeout: Msecs) -> Result {
/// match scope.wait_interruptible_timeout(|f| &f.queue, |s| s.data().is_idle(), timeout) {
///     Ok(_) => Ok(()),
///     // Still bound: tell the device to give up.
///     Err(ScopeError::Short(scope, ETIMEDOUT)) => {
///         scope.data().reset();
///         Err(EIO)
///     }
///     Err(cut) => Err(cut.into()),
/// }
/// # }
/// ```
pub enum ScopeError<S> {
    /// The device is gone, and so is the scope: `ENODEV`.
    Gone,
    /// The device is still there: the scope, and the error.
    Short(S, Error),
}

impl<S> From<ScopeError<S>> for Error {
    fn from(cut: ScopeError<S>) -> Self {
        match cut {
            ScopeError::Gone => ENODEV,
            ScopeError::Short(_, error) => error,
        }
    }
}
