// SPDX-License-Identifier: GPL-2.0
// UNSAFE: opens files, and hands them to the caller of a system call.

//! Files of devices that were just created, for those that created them.
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

/// What files are opened on, for as long as this is there.
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
    /// - `EINVAL`: the flags are none that an open file has.
    /// - `EMFILE`, `ENFILE`: the caller has too many files, or all have together.
    /// - `ENOMEM`.
    /// - Those of the device's own `open()`, of the device cgroup and of the security module.
    ///
    /// # Safety
    ///
    /// `of` is a device whose `open` may be called.
    pub(crate) unsafe fn open(&self, of: &Handout, flags: u32) -> Result<NewFile> {
        let allowed = of.flags() | flags::O_ACCMODE | flags::O_NONBLOCK | flags::O_CLOEXEC;
        if flags & !allowed != 0 || flags & flags::O_ACCMODE == flags::O_ACCMODE {
            return Err(EINVAL);
        }
        // Before the file, which is harder to give back.
        let reserved = FileDescriptorReservation::get_unused_fd_flags(flags::O_CLOEXEC)?;
        // SAFETY: There is a `Handouts`, this one, and the caller says that the `open` of the
        // device may be called.
        let file = unsafe { open(of, flags & !flags::O_CLOEXEC) }?;
        Ok(NewFile { reserved, file })
    }
}

impl Drop for Handouts {
    fn drop(&mut self) {
        put();
    }
}

/// What to open.
pub(crate) enum Handout {
    /// A character device, by its operations, which find this address by the inode.
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
    /// The flags that one of its kind may have beside those of all.
    fn flags(&self) -> u32 {
        match self {
            Self::Char { .. } => 0,
            #[cfg(CONFIG_BLOCK)]
            Self::Block { .. } => flags::O_EXCL | flags::O_DIRECT | flags::O_SYNC | flags::O_DSYNC,
        }
    }
}

/// Stays in this module, since what it calls is not exported.
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
    // - There is a `Handouts`, and the caller says that the `open` of the device may be called.
    // - The reference that C returns is this function's. Nobody else has the file, so no
    //   `fdget_pos()` is under way on it.
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

/// What an inode leads to, if a file was opened on it here; null if not. Stays in this module,
/// since what it calls is not exported.
///
/// # Safety
///
/// The inode is there.
#[inline(never)]
pub(crate) unsafe fn found(inode: *const bindings::inode) -> *mut c_void {
    // SAFETY: The caller keeps the inode there for the call.
    unsafe { helpers::devscope_handed_out(inode) }
}

/// An open file that has a descriptor reserved for it, in the caller of the system call, and that
/// nobody can use yet.
///
/// Dropping it closes the file, and gives the descriptor back: so the device goes that was created
/// for it. Until then the number is nobody else's, so that a driver can tell the caller of it
/// before it [installs](Self::install) the file, when nothing can fail any more.
#[must_use = "a file that is dropped takes its device along"]
pub struct NewFile {
    reserved: FileDescriptorReservation,
    file: ARef<File>,
}

impl NewFile {
    /// The number of the descriptor.
    pub fn fd(&self) -> u32 {
        self.reserved.reserved_fd()
    }

    /// Gives the caller the descriptor, which is closed at `execve()`. Returns its number. From
    /// here on the file is the caller's: other threads may use it at once.
    pub fn install(self) -> u32 {
        let fd = self.fd();
        self.reserved.fd_install(self.file);
        fd
    }
}
