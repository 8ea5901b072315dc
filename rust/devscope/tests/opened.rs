// SPDX-License-Identifier: GPL-2.0
// UNSAFE: calls of C.

//! Files that the kernel opens.

use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*, //
};

/// A file that the kernel has opened.
pub(super) struct Opened(NonNull<bindings::file>);

// SAFETY: A `struct file` may be used and put by any thread.
unsafe impl Send for Opened {}

impl Opened {
    /// Opens the node of that name, in a mount of its own: built-in suites run before user space
    /// mounts `/dev`.
    ///
    /// # Errors
    ///
    /// Those of `open()`, and `ENODEV` without `CONFIG_DEVTMPFS`.
    pub(super) fn new(name: &CStr) -> Result<Self> {
        let nodes = Nodes::new()?;
        let root = bindings::path {
            mnt: nodes.0.as_ptr(),
            // SAFETY: `nodes` holds the mount.
            dentry: unsafe { (*nodes.0.as_ptr()).mnt_root },
        };
        let flags = bindings::O_RDWR as c_int;
        // SAFETY: The path and the name are valid. The file holds a reference to the mount.
        let file = unsafe { bindings::file_open_root(&root, name.as_char_ptr(), flags, 0) };
        NonNull::new(from_err_ptr(file)?).map(Self).ok_or(EINVAL)
    }

    /// Returns the count, or the negative errno.
    pub(super) fn read(&self) -> isize {
        let mut bytes = [0u8; 16];
        let mut position = 0;
        // SAFETY: The file is open, and the buffer has this length.
        unsafe {
            bindings::kernel_read(
                self.0.as_ptr(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                &mut position,
            )
        }
    }

    /// Calls `ioctl()`. Returns its result, or the negative errno.
    pub(super) fn ioctl(&self, cmd: u32) -> c_long {
        let file = self.0.as_ptr();
        // SAFETY: The file is open; tests have this operation where they call it.
        unsafe {
            (*(*file).f_op)
                .unlocked_ioctl
                .map_or(-1, |ioctl| ioctl(file, cmd, 0))
        }
    }

    /// Sets `O_ASYNC`. Returns 0, or the negative errno.
    pub(super) fn turn_async_on(&self) -> c_int {
        let file = self.0.as_ptr();
        // SAFETY: The file is open; tests have this operation where they call it.
        unsafe {
            (*(*file).f_op)
                .fasync
                .map_or(-1, |fasync| fasync(-1, file, 1))
                .min(0)
        }
    }

    /// Whether it has `O_ASYNC`.
    pub(super) fn is_async(&self) -> bool {
        // SAFETY: The file is open.
        let flags = unsafe { (*self.0.as_ptr()).f_flags };
        flags & bindings::FASYNC != 0
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // SAFETY: The reference is from `file_open_root()`. The file was never in a descriptor
        // table, so this is its last reference.
        unsafe { bindings::__fput_sync(self.0.as_ptr()) };
    }
}

/// A private mount of devtmpfs.
struct Nodes(NonNull<bindings::vfsmount>);

impl Nodes {
    fn new() -> Result<Self> {
        // SAFETY: The name is a C string. devtmpfs is built in, so no module reference has to be
        // put.
        let kind = unsafe { bindings::get_fs_type(c"devtmpfs".as_char_ptr()) };
        if kind.is_null() {
            return Err(ENODEV);
        }
        // SAFETY: `get_fs_type()` has just returned this type.
        let mount = unsafe { bindings::kern_mount(kind) };
        NonNull::new(from_err_ptr(mount)?).map(Self).ok_or(EINVAL)
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        // SAFETY: `new` has mounted it.
        unsafe { bindings::kern_unmount(self.0.as_ptr()) };
    }
}
