// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the device's data while it is inside; looks into the caller's `struct file`.

//! The part of an operation that lives on the shim's stack.

use super::Scope;
use crate::{
    binding::DeviceData,
    ffi::helpers,
    fops::{FileOperations, OpenFile},
    gate::{protocol::Round, Inside}, //
};
use kernel::{bindings, fs::file::flags::O_NONBLOCK};

/// One operation on an open file, inside the gate or just outside of it.
///
/// Dropping it leaves the gate. A [`Scope`] exists only while it is inside.
pub(crate) struct Section<T: FileOperations> {
    /// `'static` stands for "as long as the operation".
    open: &'static OpenFile<T>,
    inside: Option<Inside<'static>>,
    caller: Caller,
}

/// Where an operation's flags are; looked at only by a caller that has to wait.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    /// `read_iter` or `write_iter`.
    Kiocb(*const bindings::kiocb),
    /// Any other file operation.
    File(*const bindings::file),
    /// One that may not be kept waiting, whatever the file's flags are.
    Inline,
    /// `release`, and a caller that revokes the file of others.
    Leaving,
    /// The framework itself, where the device goes or the file is being opened.
    Kernel,
}

impl<T: FileOperations> Section<T> {
    /// Enters the gate for an operation on `open`, or returns `None` where its device is gone.
    ///
    /// # Safety
    ///
    /// `open` and what `caller` points to live longer than the section does.
    #[inline(always)]
    pub(crate) unsafe fn enter(open: &OpenFile<T>, caller: Caller) -> Option<Self> {
        // SAFETY: `open` lives longer than the section, as the caller says, and the section does
        // not use it beyond that.
        let open: &'static OpenFile<T> = unsafe { &*core::ptr::from_ref(open) };
        let inside = Some(open.enter()?);
        Some(Self {
            open,
            inside,
            caller,
        })
    }

    /// A section for a caller that keeps the device's data in place by other means: the closer,
    /// after the drain, and an opener or revoker, which is inside by the gate's own pass.
    ///
    /// # Safety
    ///
    /// `open`, and what `caller` points to, live longer than the section does, and the device's
    /// data is there until then.
    pub(crate) unsafe fn without_pass(open: &OpenFile<T>, caller: Caller) -> Self {
        Self {
            // SAFETY: `open` lives longer than the section, as the caller says, and the section
            // does not use it beyond that.
            open: unsafe { &*core::ptr::from_ref(open) },
            inside: None,
            caller,
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

    /// Has `f` go on with the section in another place. Where all that is called out of line does
    /// it there, the section itself stays in registers.
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

    /// Whether it is inside by a pass.
    #[inline(always)]
    pub(crate) fn is_inside(&self) -> bool {
        self.inside.is_some()
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

    /// Ends the file's pass. Returns whether this operation did, and is to go on with
    /// [`Self::finish_revoke`].
    #[must_use]
    pub(super) fn begin_revoke(&self) -> bool {
        self.is_inside() && self.open.begin_revoke()
    }

    /// Drains. Returns whether the operation is inside by the gate's own pass.
    #[must_use]
    pub(super) fn finish_revoke(&mut self) -> bool {
        let inside = self.inside.take();
        self.inside = inside.and_then(|inside| self.open.finish_revoke(inside));
        self.is_inside()
    }

    /// Drains, and disconnects the files of `round`. Returns whether the operation is inside.
    #[must_use]
    pub(super) fn finish_revoke_others(&mut self, round: &Round) -> bool {
        let inside = self.inside.take();
        self.inside = inside.and_then(|inside| self.open.finish_revoke_others(inside, round));
        self.is_inside()
    }

    /// The open file, as the owner of what it leaves with the device, unless the framework itself
    /// is at work.
    pub(super) fn owner(&self) -> Option<&'static OpenFile<T>> {
        match self.caller {
            Caller::Kernel => None,
            Caller::Kiocb(_) | Caller::File(_) | Caller::Inline | Caller::Leaving => {
                Some(self.open)
            }
        }
    }

    pub(super) fn is_nonblocking(&self) -> bool {
        let (file, nowait) = match self.caller {
            // SAFETY: The kiocb lives longer than the section, as the caller of `enter` or
            // `without_pass` has said.
            Caller::Kiocb(kiocb) => unsafe {
                (
                    (*kiocb).ki_filp.cast_const(),
                    helpers::devscope_kiocb_nowait(kiocb),
                )
            },
            Caller::File(file) => (file, false),
            Caller::Inline | Caller::Leaving | Caller::Kernel => return true,
        };
        // SAFETY: The file lives longer than the section, as the caller of `enter` or
        // `without_pass` has said. `F_SETFL` may change the flags at any time.
        let flags = unsafe { (&raw const (*file).f_flags).read_volatile() };
        nowait || flags & O_NONBLOCK != 0
    }
}
