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

/// All open files of a registration that are connected, and not closed, revoked or unplugged.
///
/// It is a field of the shared data, for callbacks that pass data to every file: an interrupt, an
/// input handler. [`FileOperations::open_files`] returns it.
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
    /// Creates an empty value, without a registration.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(SetOnce::new())
    }

    /// Errors: `EBUSY` if it already has a registration.
    pub(crate) fn fill(&self, char_device: &Arc<CharDevice<T>>) -> Result {
        match self.0.populate(char_device.clone()) {
            true => Ok(()),
            false => Err(EBUSY),
        }
    }

    /// Calls `f` for each open file, until it returns [`ControlFlow::Break`]: in the order in which
    /// they were opened, unless [`Self::put_first`] or a revoke of all has changed it. In any
    /// context but NMI; on a PREEMPT_RT kernel, not in hard interrupt context.
    ///
    /// A spinlock is held and interrupts are disabled: `f` may not sleep, and `open()` and
    /// `close()` wait for it. `f` is not called for a file any more when
    /// [`FileOperations::disconnect`] runs for it.
    pub fn visit(&self, f: impl FnMut(&T) -> ControlFlow<()>) {
        if let Some(char_device) = self.0.as_ref() {
            visit(&char_device.lock_files(), f);
        }
    }

    /// As [`Self::visit`], for a caller that has interrupts disabled already.
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

    /// Revokes all files, as [`Scope::revoke`] does for one. The device stays bound, and files that
    /// are opened meanwhile or later are not affected. If another caller is revoking a file at this
    /// time, that caller disconnects it, perhaps a little later. Sleeps until other callers have
    /// left the gate.
    ///
    /// This is for callbacks. A file operation would wait for itself: the types do not let it call
    /// this, and it uses [`Scope::revoke_others`]. So a file operation must not wait for a callback
    /// that calls this, for example by calling a notifier chain.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is being unplugged.
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
    /// sleepers and pollers are woken. This does not wait for callers inside, so the driver can end
    /// waits that the framework does not know of. May sleep.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is being unplugged.
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

    /// Moves the file of `scope` to the front, if it is one of these: for a file that is often
    /// searched for.
    pub fn put_first(&self, scope: &Scope<'_, T>) {
        if let Some(char_device) = self.0.as_ref() {
            char_device.put_first(scope.open_file());
        }
    }
}

/// All files of a device, while they are being revoked: between
/// [`begin_revoke_all`](OpenFiles::begin_revoke_all) and [`Self::finish`], which a drop calls as
/// well. It borrows the scope, so the callback cannot begin an unbounded wait meanwhile.
///
/// If it is leaked, the files are disconnected at the next revoke of all files or at unplug.
pub struct RevokingAll<'a, T: FileOperations>(Option<(&'a CharDevice<T>, Round)>);

impl<T: FileOperations> RevokingAll<'_, T> {
    /// Waits for the callers that are inside by these files, and disconnects the files. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the device is being unplugged, which disconnects the files.
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
        // At unplug, the closer disconnects the files.
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
