// SPDX-License-Identifier: GPL-2.0

//! The open files of a registration, for the callbacks of its device.

use super::{Endpoint, SyncFile};
use kernel::{
    interrupt::LocalInterruptDisabled,
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
/// scope.data().clients.for_each(|client| client.tell(event));
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

    /// Calls `f` for each open file, in the order in which they were opened. In any context but
    /// NMI; on a PREEMPT_RT kernel, not in hard interrupt context.
    ///
    /// A spinlock is held meanwhile, and interrupts are disabled: `f` may not sleep, and opening and
    /// closing wait for it. Where the file is closed or revoked, or the device unplugged, `f` is not
    /// called any more by the time [`SyncFile::disconnect`] runs.
    pub fn for_each(&self, f: impl FnMut(&T)) {
        if let Some(endpoint) = self.0.as_ref() {
            endpoint.for_each(&endpoint.lock_files(), f);
        }
    }

    /// As [`Self::for_each`], where interrupts are disabled already.
    #[inline]
    pub fn for_each_with(&self, interrupts: &LocalInterruptDisabled, f: impl FnMut(&T)) {
        if let Some(endpoint) = self.0.as_ref() {
            endpoint.for_each(&endpoint.lock_files_with(interrupts), f);
        }
    }
}
