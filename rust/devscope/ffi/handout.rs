// SPDX-License-Identifier: GPL-2.0
// UNSAFE: opens files, and hands them to the caller of a system call.

//! Opens files of devices for their creators.
//!
//! C header: [`include/linux/file.h`](srctree/include/linux/file.h)

use super::helpers;
use core::ptr::{from_ref, NonNull};
#[cfg(CONFIG_BLOCK)]
use core::ptr::{null, null_mut};
use kernel::{
    bindings,
    error::from_err_ptr,
    fs::{
        file::{flags, FileDescriptorReservation},
        File, //
    },
    prelude::*,
    sync::aref::ARef, //
};

/// While this exists, files can be opened.
pub(crate) struct Handouts(());

impl Handouts {
    /// Sleeps. Errors: `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        get().map(|()| Self(()))
    }

    /// Opens a device. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the flags are not valid for an open file.
    /// - `EMFILE`, `ENFILE`: the limit of files of the caller, or of the system, is reached.
    /// - `ENOMEM`.
    /// - The errors of the device's own `open()`, of the device cgroup and of the security module.
    ///
    /// # Safety
    ///
    /// `of` is a device whose `open` may be called.
    pub(crate) unsafe fn open(&self, of: &Handout, flags: u32) -> Result<NewFile> {
        let allowed = of.flags() | flags::O_ACCMODE | flags::O_NONBLOCK | flags::O_CLOEXEC;
        if flags & !allowed != 0 || flags & flags::O_ACCMODE == flags::O_ACCMODE {
            return Err(EINVAL);
        }
        // Before the file is opened, which is harder to undo.
        let reserved = FileDescriptorReservation::get_unused_fd_flags(flags::O_CLOEXEC)?;
        // SAFETY: There is a `Handouts`, this one, and the `open` of the device may be called, as
        // the caller guarantees.
        let file = unsafe { open(of, flags & !flags::O_CLOEXEC) }?;
        Ok(NewFile { reserved, file })
    }
}

impl Drop for Handouts {
    fn drop(&mut self) {
        put();
    }
}

/// A device to open.
pub(crate) enum Handout {
    /// A character device, by its operations. [`found`] returns `found` for the inode.
    Char {
        number: u32,
        operations: &'static bindings::file_operations,
        found: NonNull<c_void>,
    },
    /// A disk.
    #[cfg(CONFIG_BLOCK)]
    Block { number: u32 },
}

impl Handout {
    /// Returns the flags that this kind of device allows in addition to those of all.
    fn flags(&self) -> u32 {
        match self {
            Self::Char { .. } => 0,
            #[cfg(CONFIG_BLOCK)]
            Self::Block { .. } => flags::O_EXCL | flags::O_DIRECT | flags::O_SYNC | flags::O_DSYNC,
        }
    }
}

/// Not inlined into other modules, since the C function is not exported.
#[inline(never)]
fn get() -> Result {
    // SAFETY: No preconditions.
    kernel::error::to_result(unsafe { helpers::devscope_handout_get() })
}

/// As above.
#[inline(never)]
fn put() {
    // SAFETY: Pairs with a call of `get`.
    unsafe { helpers::devscope_handout_put() };
}

/// As above.
///
/// # Safety
///
/// There is a [`Handouts`], and `of` is a device whose `open` may be called.
#[inline(never)]
unsafe fn open(of: &Handout, flags: u32) -> Result<ARef<File>> {
    let (kind, number, operations, found) = match *of {
        Handout::Char {
            number,
            operations,
            found,
        } => (
            bindings::S_IFCHR,
            number,
            from_ref(operations),
            found.as_ptr(),
        ),
        #[cfg(CONFIG_BLOCK)]
        Handout::Block { number } => (bindings::S_IFBLK, number, null(), null_mut()),
    };
    // SAFETY:
    // - There is a `Handouts`, and the `open` of the device may be called, as the caller
    //   guarantees.
    // - This function owns the reference that C returns. No other code has the file, so no
    //   `fdget_pos()` is in progress on it.
    unsafe {
        let file = from_err_ptr(helpers::devscope_handout_open(
            // CAST: It has 16 bits.
            kind as u16,
            number,
            operations,
            found,
            flags,
        ))?;
        Ok(ARef::from_raw(NonNull::from(File::from_raw_file(file))))
    }
}

/// Returns the address that belongs to an inode, if a file was opened on it here; otherwise null.
/// Not inlined into other modules, since the C function is not exported.
///
/// # Safety
///
/// The inode is valid.
#[inline(never)]
pub(crate) unsafe fn found(inode: *const bindings::inode) -> *mut c_void {
    // SAFETY: The caller keeps the inode valid for the call.
    unsafe { helpers::devscope_handed_out(inode) }
}

/// An open file with a reserved descriptor in the caller of the system call, which no program can
/// use yet.
///
/// Dropping it closes the file, which removes its device, and frees the descriptor. Until then, the
/// number is reserved. So a driver can first copy the number to the caller, which may fail, and
/// then [install](Self::install) the file, which cannot fail.
#[must_use = "a file that is dropped takes its device along"]
pub struct NewFile {
    reserved: FileDescriptorReservation,
    file: ARef<File>,
}

impl NewFile {
    /// Returns the number of the descriptor.
    pub fn fd(&self) -> u32 {
        self.reserved.reserved_fd()
    }

    /// Installs the descriptor, which is closed at `execve()`, in the caller. Returns its number.
    /// The caller then owns the file, and its other threads may use it at once.
    pub fn install(self) -> u32 {
        let fd = self.fd();
        self.reserved.fd_install(self.file);
        fd
    }
}
