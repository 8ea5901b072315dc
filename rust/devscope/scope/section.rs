// SPDX-License-Identifier: GPL-2.0
// UNSAFE: looks into the caller's `struct file`.

//! The part of an operation that lives on the shim's stack.

use crate::{
    ffi::helpers,
    fops::{Endpoint, OpenFile, SyncFile},
    gate::Inside, //
};
use kernel::{bindings, fs::file::flags::O_NONBLOCK, fs::File};

/// One operation on an open file, inside the gate or just outside of it.
///
/// Dropping it leaves the gate. A [`Scope`](super::Scope) exists while it is inside.
pub(crate) struct Section<T: SyncFile> {
    /// `'static` stands for "as long as the operation".
    open: &'static OpenFile<T>,
    inside: Option<Inside<'static>>,
    caller: Caller,
}

/// Where an operation's flags are; looked at only by who has to wait.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    /// `read_iter` or `write_iter`.
    Kiocb(*const bindings::kiocb),
    /// Any other file operation.
    File(*const bindings::file),
    /// The framework itself.
    Kernel,
}

impl<T: SyncFile> Section<T> {
    /// Enters the gate for an operation on `open`, or returns `None` where its device is gone.
    ///
    /// # Safety
    ///
    /// `open` and what `caller` points to live longer than the section does.
    #[inline(always)]
    pub(crate) unsafe fn enter(open: &OpenFile<T>, caller: Caller) -> Option<Self> {
        // SAFETY: By the safety requirement, it is not used beyond its life.
        let open: &'static OpenFile<T> = unsafe { &*core::ptr::from_ref(open) };
        let inside = Some(open.enter()?);
        Some(Self {
            open,
            inside,
            caller,
        })
    }

    /// A section for one who knows that the device is still bound: the closer, after the drain.
    ///
    /// # Safety
    ///
    /// `open` lives longer than the section does, and its device's data is there until then.
    pub(crate) unsafe fn closer(open: &OpenFile<T>) -> Self {
        Self {
            // SAFETY: By the safety requirement, it is not used beyond its life.
            open: unsafe { &*core::ptr::from_ref(open) },
            inside: None,
            caller: Caller::Kernel,
        }
    }

    #[inline(always)]
    pub(crate) fn open(&self) -> &'static OpenFile<T> {
        self.open
    }

    #[inline(always)]
    pub(super) fn endpoint(&self) -> &Endpoint<T> {
        self.open.endpoint()
    }

    /// Leaves the gate, to do what may take for ever.
    pub(super) fn leave(&mut self) {
        self.inside = None;
    }

    /// Comes back in. Returns whether the device is still there.
    #[must_use]
    pub(super) fn reenter(&mut self) -> bool {
        self.inside = self.open.enter();
        self.inside.is_some()
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        let (file, nowait) = match self.caller {
            Caller::Kiocb(kiocb) => {
                // SAFETY: By the safety requirement of `enter`, it is valid.
                unsafe {
                    (
                        (*kiocb).ki_filp.cast_const(),
                        helpers::devscope_kiocb_nowait(kiocb),
                    )
                }
            }
            Caller::File(file) => (file, false),
            Caller::Kernel => return true,
        };
        // SAFETY: By the safety requirement of `enter`, it is valid; a character device's file
        // has no `fdget_pos()` without its lock.
        nowait || unsafe { File::from_raw_file(file) }.flags() & O_NONBLOCK != 0
    }
}
