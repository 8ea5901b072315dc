// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes a scope out of what finishes when it is dropped.

//! Taking access away, from inside.

use super::{Scope, ScopeError};
use crate::{fops::FileOperations, gate::protocol::Round};
use core::{mem::ManuallyDrop, ops::Deref};
use kernel::error::{code::ENODEV, Result};

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Takes access away: from all who share this open file description, for good. When this
    /// returns, nobody else is in an operation on it, and it is
    /// [disconnected](FileOperations::disconnect). All sleepers and pollers are woken as at unplug,
    /// and no signal is sent any more; but the device stays, for other files and new ones. Sleeps,
    /// for as long as others work inside.
    ///
    /// # Errors
    ///
    /// `ENODEV`: somebody else has revoked it, or the device goes.
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
    /// and pollers are woken. Callers that are inside are not waited for yet, so the driver may
    /// bring them out: a wait that the framework does not see.
    ///
    /// # Errors
    ///
    /// `ENODEV`: somebody else has revoked it, or the device goes.
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

    /// Takes access away from all who have this device open, but by this file: as if each of the
    /// other files were [revoked](Self::revoke). Files that are opened meanwhile or later are not
    /// concerned. One that another caller is just revoking, that caller disconnects, perhaps a
    /// little later. Sleeps, for as long as others work inside.
    ///
    /// # Errors
    ///
    /// `ENODEV`: this file itself was revoked meanwhile, or the device goes. The others are
    /// revoked, unless it was so from the start.
    pub fn revoke_others(self) -> Result<Self, ScopeError<Self>> {
        self.begin_revoke_others().finish()
    }

    /// The first half of [`Self::revoke_others`], as [`Self::begin_revoke`] is of a revoke. May
    /// sleep.
    pub fn begin_revoke_others(self) -> RevokingOthers<'a, T> {
        let round = self.section.open().begin_revoke_others();
        RevokingOthers { scope: self, round }
    }
}

/// A file that is being revoked, by an operation on it: between
/// [`begin_revoke`](Scope::begin_revoke) and [`Self::finish`], which dropping it does as well. The
/// device stays bound until then, and what can be reached is as in a [`Scope`].
///
/// Where it is forgotten, the file is disconnected at unplug.
pub struct Revoking<'a, T: FileOperations> {
    scope: Scope<'a, T>,
    is_over: bool,
}

/// Other files that are being revoked, by an operation: between
/// [`begin_revoke_others`](Scope::begin_revoke_others) and [`Self::finish`], which dropping it does
/// as well.
///
/// Where it is forgotten, the files are disconnected when all are revoked the next time, or at
/// unplug.
pub struct RevokingOthers<'a, T: FileOperations> {
    scope: Scope<'a, T>,
    round: Round,
}

impl<T: FileOperations> Revoking<'_, T> {
    /// Waits for the callers that are inside by the file, and disconnects it. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device goes, and the file is disconnected with it.
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
    /// Waits for the callers that are inside by the other files, and disconnects these. Sleeps.
    ///
    /// # Errors
    ///
    /// As those of [`Scope::revoke_others`].
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

/// What the operation reaches still, but nothing that leaves.
impl<'a, T: FileOperations> Deref for Revoking<'a, T> {
    type Target = Scope<'a, T>;

    fn deref(&self) -> &Scope<'a, T> {
        &self.scope
    }
}

/// What the operation reaches still, but nothing that leaves.
impl<'a, T: FileOperations> Deref for RevokingOthers<'a, T> {
    type Target = Scope<'a, T>;

    fn deref(&self) -> &Scope<'a, T> {
        &self.scope
    }
}

impl<T: FileOperations> Drop for Revoking<'_, T> {
    fn drop(&mut self) {
        if !self.is_over {
            // Where the device goes, its closer disconnects the file.
            let _ = self.end();
        }
    }
}

impl<T: FileOperations> Drop for RevokingOthers<'_, T> {
    fn drop(&mut self) {
        // Whatever becomes of the caller's own file.
        let _ = self.scope.section.finish_revoke_others(&self.round);
    }
}
