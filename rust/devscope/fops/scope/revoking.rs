// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes a scope out of what finishes when it is dropped.

//! Revoking, from inside the gate.

use super::{Scope, ScopeError};
use crate::{fops::FileOperations, gate::protocol::Round};
use core::{mem::ManuallyDrop, ops::Deref};
use kernel::error::{code::ENODEV, Result};

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Revokes this open file description permanently, for all programs that share it. When this
    /// returns, no other operation runs on the file, and it is
    /// [disconnected](FileOperations::disconnect). All sleepers and pollers are woken as at unplug,
    /// and no signal is sent any more. The device stays bound, for other files and new ones. Sleeps
    /// until other callers have left the gate.
    ///
    /// # Errors
    ///
    /// `ENODEV`: another caller has revoked the file, or the device is being unplugged.
    ///
    /// # Examples
    ///
    /// ```
    /// # use card::{CardFile, MY_REVOKE};
    /// # fn ioctl(scope: Scope<'_, CardFile>, cmd: u32, _arg: usize) -> Result<isize> {
    /// #     match cmd {
    /// MY_REVOKE => scope.revoke().map(|()| 0),
    /// #         _ => Err(ENOTTY),
    /// #     }
    /// # }
    /// ```
    pub fn revoke(self) -> Result {
        self.begin_revoke()?.finish()
    }

    /// The first half of [`Self::revoke`]: no caller enters by this file any more, and all sleepers
    /// and pollers are woken. This does not wait for callers inside, so the driver can end waits
    /// that the framework does not know of.
    ///
    /// # Errors
    ///
    /// `ENODEV`: another caller has revoked the file, or the device is being unplugged.
    ///
    /// # Examples
    ///
    /// ```
    /// # use card::CardFile;
    /// # fn f(scope: Scope<'_, CardFile>) -> Result {
    /// let revoking = scope.begin_revoke()?;
    /// revoking.file().answered.complete_all();
    /// revoking.finish()?;
    /// # Ok(()) }
    /// ```
    pub fn begin_revoke(self) -> Result<Revoking<'a, T>> {
        if !self.section.begin_revoke() {
            return Err(ENODEV);
        }
        Ok(Revoking {
            scope: self,
            is_over: false,
        })
    }

    /// [Revokes](Self::revoke) all other open files of this device. Files that are opened meanwhile
    /// or later are not affected. If another caller is revoking a file at this time, that caller
    /// disconnects it, perhaps a little later. Sleeps until other callers have left the gate.
    ///
    /// # Errors
    ///
    /// `ENODEV`: this file itself was revoked meanwhile, or the device is being unplugged. The
    /// other files are revoked, unless this was so from the start.
    pub fn revoke_others(self) -> Result<Self, ScopeError<Self>> {
        self.begin_revoke_others().finish()
    }

    /// The first half of [`Self::revoke_others`]; see [`Self::begin_revoke`]. May sleep.
    pub fn begin_revoke_others(self) -> RevokingOthers<'a, T> {
        let round = self.section.open().begin_revoke_others();
        RevokingOthers { scope: self, round }
    }
}

/// A file that an operation on it is revoking: between [`begin_revoke`](Scope::begin_revoke) and
/// [`Self::finish`], which a drop calls as well. The device stays bound until then, with the same
/// access as in a [`Scope`].
///
/// If it is leaked, the file is disconnected at unplug.
pub struct Revoking<'a, T: FileOperations> {
    scope: Scope<'a, T>,
    is_over: bool,
}

/// Other files that an operation is revoking: between
/// [`begin_revoke_others`](Scope::begin_revoke_others) and [`Self::finish`], which a drop calls as
/// well.
///
/// If it is leaked, the files are disconnected at the next revoke of all files or at unplug.
pub struct RevokingOthers<'a, T: FileOperations> {
    scope: Scope<'a, T>,
    round: Round,
}

impl<T: FileOperations> Revoking<'_, T> {
    /// Waits for the callers that are inside by this file, and disconnects it. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is being unplugged, which disconnects the file.
    pub fn finish(mut self) -> Result {
        self.end()
    }

    fn end(&mut self) -> Result {
        self.is_over = true;
        if !self.scope.section.finish_revoke() {
            return Err(ENODEV);
        }
        // Inside by the gate's own pass.
        self.scope.open_file().disconnect_revoked(&self.scope);
        Ok(())
    }
}

impl<'a, T: FileOperations> RevokingOthers<'a, T> {
    /// Waits for the callers that are inside by the other files, and disconnects the files. Sleeps.
    ///
    /// # Errors
    ///
    /// As for [`Scope::revoke_others`].
    pub fn finish(self) -> Result<Scope<'a, T>, ScopeError<Scope<'a, T>>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither dropped nor used any more, and a round has nothing to drop.
        let (scope, round) =
            unsafe { (core::ptr::read(&this.scope), core::ptr::read(&this.round)) };
        match scope.section.finish_revoke_others(&round) {
            // INVARIANT: Inside by the file's own pass.
            true => Ok(scope),
            false => Err(ScopeError::Gone),
        }
    }
}

/// The scope, without the methods that leave the gate.
impl<'a, T: FileOperations> Deref for Revoking<'a, T> {
    type Target = Scope<'a, T>;

    fn deref(&self) -> &Scope<'a, T> {
        &self.scope
    }
}

/// The scope, without the methods that leave the gate.
impl<'a, T: FileOperations> Deref for RevokingOthers<'a, T> {
    type Target = Scope<'a, T>;

    fn deref(&self) -> &Scope<'a, T> {
        &self.scope
    }
}

impl<T: FileOperations> Drop for Revoking<'_, T> {
    fn drop(&mut self) {
        if !self.is_over {
            // At unplug, the closer disconnects the file.
            let _ = self.end();
        }
    }
}

impl<T: FileOperations> Drop for RevokingOthers<'_, T> {
    fn drop(&mut self) {
        // Also if the caller's own file is revoked.
        let _ = self.scope.section.finish_revoke_others(&self.round);
    }
}
