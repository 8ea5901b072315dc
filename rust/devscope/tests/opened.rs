// SPDX-License-Identifier: GPL-2.0
// UNSAFE: calls of C.

//! Files that the kernel opens.

use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*,
    task::Task, //
};

unsafe extern "C" {
    /// `include/linux/fs_struct.h`, which the kernel crate's bindings leave out.
    static userspace_init_fs: *mut bindings::fs_struct;
}

/// A file that the kernel has opened.
pub(super) struct Opened(NonNull<bindings::file>);

// SAFETY: A `struct file` may be used and put by any thread.
unsafe impl Send for Opened {}

impl Opened {
    pub(super) fn new(path: &CStr) -> Result<Self> {
        let task = Task::current_raw();
        // A test runs in a kernel thread, and those see no file system of user space by
        // themselves: what `scoped_with_init_fs()` does.
        //
        // SAFETY: A task may change its own `fs` to this one, and has it back below.
        let own = unsafe { core::ptr::replace(&raw mut (*task).fs, userspace_init_fs) };
        // SAFETY: The path is a C string.
        let file = unsafe { bindings::filp_open(path.as_char_ptr(), bindings::O_RDWR as c_int, 0) };
        // SAFETY: As above.
        unsafe { (*task).fs = own };
        let file = from_err_ptr(file)?;
        NonNull::new(file).map(Self).ok_or(EINVAL)
    }

    /// Returns the count, or the negative errno.
    pub(super) fn read(&self) -> isize {
        let mut bytes = [0u8; 16];
        let mut position = 0;
        // SAFETY: The file is open, and the buffer as long as said.
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
        // SAFETY: As above.
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
        // SAFETY: The reference is from `filp_open()`. The file was never in a descriptor table,
        // so it is put right here.
        unsafe { bindings::__fput_sync(self.0.as_ptr()) };
    }
}
