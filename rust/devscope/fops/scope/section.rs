// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the device's data while it is inside; looks into the caller's `struct file`.

//! The state of an operation, on the shim's stack.

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

/// The location of an operation's flags, which are read only if the operation has to wait.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    /// `read_iter` or `write_iter`.
    Kiocb(*const bindings::kiocb),
    /// Any other file operation.
    File(*const bindings::file),
    /// An operation that may not wait, whatever the file's flags are.
    Inline,
    /// `release`, and a caller that revokes another file.
    Leaving,
    /// The framework itself, at unplug and while the file is being opened.
    Kernel,
}

impl<T: FileOperations> Section<T> {
    /// Enters the gate for an operation on `open`, or returns `None` if its device is gone.
    ///
    /// # Safety
    ///
    /// `open` and what `caller` points to live longer than the section does.
    #[inline(always)]
    pub(crate) unsafe fn enter(open: &OpenFile<T>, caller: Caller) -> Option<Self> {
        // SAFETY: `open` lives longer than the section, as the caller guarantees, and the section
        // does not use it beyond that.
        let open: &'static OpenFile<T> = unsafe { &*core::ptr::from_ref(open) };
        let inside = Some(open.enter()?);
        Some(Self {
            open,
            inside,
            caller,
        })
    }

    /// Creates a section for a caller that keeps the device's data valid by other means: the
    /// closer, after the drain, and an opener or revoker, which is inside by the gate's own pass.
    ///
    /// # Safety
    ///
    /// `open`, and what `caller` points to, live longer than the section does, and the device's
    /// data is valid until then.
    pub(crate) unsafe fn without_pass(open: &OpenFile<T>, caller: Caller) -> Self {
        Self {
            // SAFETY: `open` lives longer than the section, as the caller guarantees, and the
            // section does not use it beyond that.
            open: unsafe { &*core::ptr::from_ref(open) },
            inside: None,
            caller,
        }
    }

    /// Returns the scope of the operation.
    ///
    /// # Safety
    ///
    /// Called once for a section: an earlier scope may have left the gate.
    #[inline(always)]
    pub(crate) unsafe fn scope(&mut self) -> Scope<'_, T> {
        // INVARIANT: A section starts inside, or is the closer's.
        Scope { section: self }
    }

    #[inline(always)]
    pub(super) fn open(&self) -> &'static OpenFile<T> {
        self.open
    }

    /// Returns the device and its data, for the lifetime of the scope.
    #[inline(always)]
    pub(super) fn device_data<'s>(&self, _scope: &'s Scope<'_, T>) -> &'s DeviceData<T::Device> {
        // SAFETY: By the scope's invariant, its operation is inside.
        unsafe { self.open.device_data() }
    }

    /// Calls `f` with the section in another place. If all code that is not inlined uses that
    /// place, the section itself stays in registers.
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

    /// Returns whether the operation is inside by a pass.
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

    /// Ends the file's pass. If this returns true, the operation continues with
    /// [`Self::finish_revoke`]; otherwise another one has ended the pass.
    #[must_use]
    pub(super) fn begin_revoke(&self) -> bool {
        self.is_inside() && self.open.begin_revoke()
    }

    /// Drains the gate. Returns whether the operation is inside by the gate's own pass.
    #[must_use]
    pub(super) fn finish_revoke(&mut self) -> bool {
        let inside = self.inside.take();
        self.inside = inside.and_then(|inside| self.open.finish_revoke(inside));
        self.is_inside()
    }

    /// Drains the gate and disconnects the files of `round`. Returns whether the operation is
    /// inside.
    #[must_use]
    pub(super) fn finish_revoke_others(&mut self, round: &Round) -> bool {
        let inside = self.inside.take();
        self.inside = inside.and_then(|inside| self.open.finish_revoke_others(inside, round));
        self.is_inside()
    }

    /// Returns the open file, as the owner of state that it leaves in the device, unless the
    /// framework itself is the caller.
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
            // `without_pass` guarantees.
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
        // `without_pass` guarantees. `F_SETFL` may change the flags at any time.
        let flags = unsafe { (&raw const (*file).f_flags).read_volatile() };
        nowait || flags & O_NONBLOCK != 0
    }
}
