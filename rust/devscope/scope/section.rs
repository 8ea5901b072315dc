// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the device's data while it is inside; looks into the caller's `struct file`.

//! The part of an operation that lives on the shim's stack.

use super::Scope;
use crate::{
    binding::DeviceData,
    ffi::helpers,
    fops::{OpenFile, SyncFile},
    gate::Inside, //
};
use kernel::{bindings, fs::file::flags::O_NONBLOCK};

/// One operation on an open file, inside the gate or just outside of it.
///
/// Dropping it leaves the gate. A [`Scope`] exists only while it is inside.
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
    /// One that may not be kept waiting, whatever the file's flags are.
    Inline(*const bindings::file),
    /// `release`.
    Release(*const bindings::file),
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

    /// A section for one who keeps the device's data in place by other means: the closer, after
    /// the drain, and an opener, who is inside by the gate's own pass.
    ///
    /// # Safety
    ///
    /// `open` lives longer than the section does, and its device's data is there until then.
    pub(crate) unsafe fn outsider(open: &OpenFile<T>) -> Self {
        Self {
            // SAFETY: By the safety requirement, it is not used beyond its life.
            open: unsafe { &*core::ptr::from_ref(open) },
            inside: None,
            caller: Caller::Kernel,
        }
    }

    /// The scope of the operation.
    ///
    /// # Safety
    ///
    /// Called once for a section: a scope that was made before may have left.
    #[inline(always)]
    pub(crate) unsafe fn scope(&mut self) -> Scope<'_, T> {
        // INVARIANT: A section starts inside, or is the closer's.
        Scope { section: self }
    }

    #[inline(always)]
    pub(super) fn open(&self) -> &'static OpenFile<T> {
        self.open
    }

    /// The device and its data, there as long as the scope is.
    #[inline(always)]
    pub(super) fn device_data<'s>(&self, _scope: &'s Scope<'_, T>) -> &'s DeviceData<T::Device> {
        // SAFETY: By the scope's invariant, its operation is inside.
        unsafe { self.open.device_data() }
    }

    /// Has `f` go on with the section in another place. Where all that is called out of line does it
    /// there, the section itself stays in registers.
    #[inline(always)]
    pub(super) fn elsewhere<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let mut there = Self {
            open: self.open,
            inside: self.inside.take(),
            caller: self.caller,
        };
        let result = f(&mut there);
        self.inside = there.inside.take();
        result
    }

    pub(super) fn leave(&mut self) {
        self.inside = None;
    }

    /// Returns whether the device is still there.
    #[must_use]
    pub(super) fn reenter(&mut self) -> bool {
        self.inside = self.open.enter();
        self.inside.is_some()
    }

    /// Revokes the file. Returns whether this operation did, and is inside by the gate's own pass.
    #[must_use]
    pub(super) fn revoke(&mut self) -> bool {
        let Some(inside) = self.inside.take() else {
            return false;
        };
        self.inside = self.open.revoke(inside);
        self.inside.is_some()
    }

    /// The caller's `struct file`, if it is one who has a file.
    pub(super) fn struct_file(&self) -> *const bindings::file {
        match self.caller {
            // SAFETY: By the safety requirement of `enter`, it is valid.
            Caller::Kiocb(kiocb) => unsafe { (*kiocb).ki_filp },
            Caller::File(file) | Caller::Inline(file) | Caller::Release(file) => file,
            Caller::Kernel => core::ptr::null(),
        }
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        let (file, nowait) = match self.caller {
            // SAFETY: By the safety requirement of `enter`, it is valid.
            Caller::Kiocb(kiocb) => unsafe {
                (
                    (*kiocb).ki_filp.cast_const(),
                    helpers::devscope_kiocb_nowait(kiocb),
                )
            },
            Caller::File(file) => (file, false),
            Caller::Inline(_) | Caller::Release(_) | Caller::Kernel => return true,
        };
        // SAFETY: By the safety requirement of `enter`, it is valid. `F_SETFL` may change it at
        // any time.
        let flags = unsafe { (&raw const (*file).f_flags).read_volatile() };
        nowait || flags & O_NONBLOCK != 0
    }
}
