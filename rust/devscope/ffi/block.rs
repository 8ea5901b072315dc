// SPDX-License-Identifier: GPL-2.0
// UNSAFE: thin wrappers over `rust/block.c`.

//! Block layer functions for disks. No function is inlined into other modules, since the C
//! functions are not exported.

use super::helpers;
use core::ptr::NonNull;
use kernel::{bindings, error::to_result, prelude::*};

/// Returns the operations of a disk that ends at its last close, whose private data belongs to this
/// file. `owner` is the module of the driver.
pub(crate) const fn operations(owner: *mut bindings::module) -> bindings::block_device_operations {
    bindings::block_device_operations {
        owner,
        open: Some(open),
        release: Some(release),
        ..pin_init::zeroed()
    }
}

/// # Safety
///
/// Called as an operation of a disk that was [prepared](prepare).
unsafe extern "C" fn open(disk: *mut bindings::gendisk, mode: bindings::blk_mode_t) -> c_int {
    // SAFETY: The block layer calls this operation of a disk that was prepared: its private data is
    // that of `prepare`, or null if it is hidden.
    unsafe { helpers::devscope_disk_open(disk, mode) }
}

/// # Safety
///
/// As for [`open`].
unsafe extern "C" fn release(disk: *mut bindings::gendisk) {
    // SAFETY: The block layer calls this operation of a disk that was prepared: its private data is
    // that of `prepare`, or null if it is hidden.
    unsafe { helpers::devscope_disk_release(disk) };
}

/// Lets only the caller open the disk, until it is [shown](show). [`hide`] undoes this. Errors:
/// `ENOMEM`.
///
/// # Safety
///
/// The disk is allocated, and not added.
#[inline(never)]
pub(crate) unsafe fn prepare(disk: NonNull<bindings::gendisk>) -> Result {
    // SAFETY: The caller has allocated the disk, and not added it, so no other code uses it.
    to_result(unsafe { helpers::devscope_disk_prepare(disk.as_ptr()) })
}

/// Allows any program to open the disk, and queues `work` at the last close.
///
/// # Safety
///
/// The disk is prepared and added. The queue and the work are valid until the work has run, or
/// [`hide`] has returned that it will not.
#[inline(never)]
pub(crate) unsafe fn show(
    disk: NonNull<bindings::gendisk>,
    queue: NonNull<bindings::workqueue_struct>,
    work: NonNull<bindings::work_struct>,
) {
    // SAFETY: The caller has prepared and added the disk. It keeps the queue and the work until the
    // work has run, or `hide` has returned that it will not.
    unsafe { helpers::devscope_disk_show(disk.as_ptr(), queue.as_ptr(), work.as_ptr()) };
}

/// Refuses further opens of the disk. Returns whether the work was passed to [`show`], and is not
/// queued and will not be. A second call does nothing.
///
/// # Safety
///
/// The disk is allocated, and is not [prepared](prepare) after this.
#[inline(never)]
pub(crate) unsafe fn hide(disk: NonNull<bindings::gendisk>) -> bool {
    // SAFETY: The caller has allocated the disk, and does not prepare it after this.
    unsafe { helpers::devscope_disk_hide(disk.as_ptr()) }
}

/// Returns the operation of a request, its offset on the disk and its length, in bytes.
///
/// # Safety
///
/// The request is started, and not ended.
#[inline(never)]
pub(crate) unsafe fn about(request: NonNull<bindings::request>) -> (u32, u64, u64) {
    let (mut operation, mut start, mut len) = (0, 0, 0);
    // SAFETY: The caller has started the request, and not ended it; the places are valid for
    // writes.
    unsafe {
        helpers::devscope_request_about(
            request.as_ptr(),
            &raw mut operation,
            &raw mut start,
            &raw mut len,
        );
    }
    (operation, start, len)
}

/// Copies to the memory of a read from `offset` on. Returns the number of bytes.
///
/// # Safety
///
/// The request is a read that is started, and not ended.
#[inline(never)]
pub(crate) unsafe fn copy_to(
    request: NonNull<bindings::request>,
    offset: usize,
    bytes: &[u8],
) -> usize {
    let (from, len) = (bytes.as_ptr().cast_mut().cast(), bytes.len());
    // SAFETY: The caller has started the request, a read, and not ended it, so its memory may be
    // written. C reads `len` bytes of `bytes`, and writes nothing to them.
    unsafe { helpers::devscope_request_copy(request.as_ptr(), offset, from, len, true) }
}

/// Copies from the memory of a write from `offset` on. Returns the number of bytes.
///
/// # Safety
///
/// The request is a write that is started, and not ended.
#[inline(never)]
pub(crate) unsafe fn copy_from(
    request: NonNull<bindings::request>,
    offset: usize,
    bytes: &mut [u8],
) -> usize {
    let (to, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: The caller has started the request, a write, and not ended it, so its memory may be
    // read. `bytes` is valid for writes of `len` bytes.
    unsafe { helpers::devscope_request_copy(request.as_ptr(), offset, to, len, false) }
}

/// Runs `f` so that its allocations do not wait for requests.
pub(crate) fn without_io<R>(f: impl FnOnce() -> R) -> R {
    let flags = save();
    let result = f();
    restore(flags);
    result
}

#[inline(never)]
fn save() -> u32 {
    // SAFETY: No preconditions; undone by `restore`.
    unsafe { helpers::devscope_noio_save() }
}

#[inline(never)]
fn restore(flags: u32) {
    // SAFETY: Pairs with `save`, in the same task.
    unsafe { helpers::devscope_noio_restore(flags) };
}
