// SPDX-License-Identifier: GPL-2.0

//! The open files of a registration, for the callbacks of its device.

use super::{CharDevice, FileOperations, OpenFile, Scope};
use crate::{gate::protocol::Round, scope::ProcessScope};
use core::ops::ControlFlow;
use kernel::{
    interrupt::LocalInterruptDisabled,
    list::List,
    prelude::*,
    sync::{Arc, SetOnce},
    types::ForLt, //
};

/// All open files of a registration: those that are connected, and neither closed, nor revoked, nor
/// unplugged.
///
/// It is a field of the data that the driver shares, for callbacks that have something to tell to
/// every file: an interrupt, an input handler. [`FileOperations::open_files`] names it.
///
/// # Examples
///
/// ```
/// # use card::{Card, CardFile};
/// # fn f(scope: &AtomicScope<'_, CovariantForLt!(Card<'_>)>) {
/// scope.data().files.visit(|file| {
///     file.answered.complete_all();
///     ControlFlow::Continue(())
/// });
/// # }
/// ```
pub struct OpenFiles<T: FileOperations>(SetOnce<Arc<CharDevice<T>>>);

impl<T: FileOperations> OpenFiles<T> {
    /// Without a registration, and so empty.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(SetOnce::new())
    }

    /// Errors: `EBUSY` where it has a registration.
    pub(crate) fn fill(&self, char_device: &Arc<CharDevice<T>>) -> Result {
        match self.0.populate(char_device.clone()) {
            true => Ok(()),
            false => Err(EBUSY),
        }
    }

    /// Calls `f` for the open files, until it says [`ControlFlow::Break`]: in the order in which
    /// they were opened, which a revoke of all changes. In any context but NMI; on a PREEMPT_RT
    /// kernel, not in hard interrupt context.
    ///
    /// A spinlock is held meanwhile, and interrupts are disabled: `f` may not sleep, and opening
    /// and closing wait for it. Where the file is closed or revoked, or the device unplugged, `f`
    /// is not called any more by the time [`FileOperations::disconnect`] runs.
    pub fn visit(&self, f: impl FnMut(&T) -> ControlFlow<()>) {
        if let Some(char_device) = self.0.as_ref() {
            visit(&char_device.lock_files(), f);
        }
    }

    /// As [`Self::visit`], where interrupts are disabled already.
    #[inline]
    pub fn visit_with(
        &self,
        interrupts: &LocalInterruptDisabled,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) {
        if let Some(char_device) = self.0.as_ref() {
            visit(&char_device.lock_files_with(interrupts), f);
        }
    }

    /// Revokes all files: takes access away from all who have the device open, as [`Scope::revoke`]
    /// does from those who share a file. The device stays, and files that are opened meanwhile or
    /// later are not concerned. One that another caller is just revoking, that caller disconnects,
    /// perhaps a little later. Sleeps, for as long as others work inside.
    ///
    /// It is for a callback: of a file operation, which would wait for itself, there is
    /// [`Scope::revoke_others`]. By the types, none can call this. So a file operation must not
    /// wait for such a callback either: not by itself calling a notifier chain, say.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device goes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use card::{Card, CardFile};
    /// # struct Sweep;
    /// # impl callback::Handler for Sweep {
    /// #     type Device = CovariantForLt!(Card<'_>);
    /// fn run(scope: &mut ProcessScope<'_, Self::Device>) {
    ///     let _ = scope.data().files.revoke_all(scope);
    /// }
    /// # }
    /// ```
    pub fn revoke_all<F: ForLt + 'static>(&self, scope: &ProcessScope<'_, F>) -> Result {
        self.begin_revoke_all(scope)?.finish()
    }

    /// The first half of [`Self::revoke_all`]: no caller enters by these files any more, and all
    /// sleepers and pollers are woken. Callers that are inside are not waited for yet, so the
    /// driver may bring them out: a wait that the framework does not see. May sleep.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device goes.
    pub fn begin_revoke_all<'a, F: ForLt + 'static>(
        &'a self,
        _scope: &'a ProcessScope<'_, F>,
    ) -> Result<RevokingAll<'a, T>> {
        let round = match self.0.as_ref() {
            Some(char_device) => Some((&**char_device, char_device.begin_revoke_all()?)),
            None => None,
        };
        Ok(RevokingAll(round))
    }

    /// Makes the file of `scope` the first one, where it is one of these: for a file that is looked
    /// for often.
    pub fn put_first(&self, scope: &Scope<'_, T>) {
        if let Some(char_device) = self.0.as_ref() {
            char_device.put_first(scope.open_file());
        }
    }
}

/// All files of a device, while they are being revoked: between
/// [`begin_revoke_all`](OpenFiles::begin_revoke_all) and [`Self::finish`], which dropping it does
/// as well. The callback does not wait for ever meanwhile: its scope is borrowed.
///
/// Where it is forgotten, the files are disconnected when all are revoked the next time, or at
/// unplug.
pub struct RevokingAll<'a, T: FileOperations>(Option<(&'a CharDevice<T>, Round)>);

impl<T: FileOperations> RevokingAll<'_, T> {
    /// Waits for the callers that are inside by the files, and disconnects these. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device goes, and the files are disconnected with it.
    pub fn finish(mut self) -> Result {
        self.end()
    }

    fn end(&mut self) -> Result {
        let Some((char_device, round)) = self.0.take() else {
            return Ok(());
        };
        char_device.finish_revoke_all(&round)
    }
}

impl<T: FileOperations> Drop for RevokingAll<'_, T> {
    fn drop(&mut self) {
        // Where the device goes, its closer disconnects the files.
        let _ = self.end();
    }
}

#[inline]
fn visit<T: FileOperations>(files: &List<OpenFile<T>>, mut f: impl FnMut(&T) -> ControlFlow<()>) {
    for file in files.iter() {
        if f(file.data()).is_break() {
            break;
        }
    }
}
