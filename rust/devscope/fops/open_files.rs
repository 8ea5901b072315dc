// SPDX-License-Identifier: GPL-2.0

//! The open files of a registration, for the callbacks of its device.

use super::{Endpoint, OpenFile, SyncFile};
use crate::scope::Scope;
use core::ops::ControlFlow;
use kernel::{
    interrupt::LocalInterruptDisabled,
    list::List,
    prelude::*,
    sync::{Arc, SetOnce}, //
};

/// All open files of a registration: those that are connected, and neither closed, nor revoked, nor
/// unplugged.
///
/// It is a field of the data that the driver shares, for callbacks that have something to tell to
/// every file: an interrupt, an input handler. [`SyncFile::open_files`] names it.
///
/// # Examples
///
/// ```ignore
/// scope.data().clients.visit(|client| {
///     client.tell(event);
///     ControlFlow::Continue(())
/// });
/// ```
pub struct OpenFiles<T: SyncFile>(SetOnce<Arc<Endpoint<T>>>);

impl<T: SyncFile> Default for OpenFiles<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: SyncFile> OpenFiles<T> {
    /// Without a registration, and so empty.
    pub const fn new() -> Self {
        Self(SetOnce::new())
    }

    /// Errors: `EBUSY` where it has a registration.
    pub(crate) fn fill(&self, endpoint: &Arc<Endpoint<T>>) -> Result {
        match self.0.populate(endpoint.clone()) {
            true => Ok(()),
            false => Err(EBUSY),
        }
    }

    /// Calls `f` for the open files, in the order in which they were opened, until it says
    /// [`ControlFlow::Break`]. In any context but NMI; on a PREEMPT_RT kernel, not in hard interrupt
    /// context.
    ///
    /// A spinlock is held meanwhile, and interrupts are disabled: `f` may not sleep, and opening and
    /// closing wait for it. Where the file is closed or revoked, or the device unplugged, `f` is not
    /// called any more by the time [`SyncFile::disconnect`] runs.
    pub fn visit(&self, f: impl FnMut(&T) -> ControlFlow<()>) {
        if let Some(endpoint) = self.0.as_ref() {
            visit(&endpoint.lock_files(), f);
        }
    }

    /// As [`Self::visit`], where interrupts are disabled already.
    #[inline]
    pub fn visit_with(
        &self,
        interrupts: &LocalInterruptDisabled,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) {
        if let Some(endpoint) = self.0.as_ref() {
            visit(&endpoint.lock_files_with(interrupts), f);
        }
    }

    /// Makes the file of `scope` the first one, where it is one of these: for a file that is looked
    /// for often.
    pub fn put_first(&self, scope: &Scope<'_, T>) {
        if let Some(endpoint) = self.0.as_ref() {
            endpoint.put_first(scope.open_file());
        }
    }
}

#[inline]
fn visit<T: SyncFile>(files: &List<OpenFile<T>>, mut f: impl FnMut(&T) -> ControlFlow<()>) {
    for file in files.iter() {
        if f(file.data()).is_break() {
            break;
        }
    }
}
