// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a `struct device` and a `struct cdev`, which C counts references to.

//! The C side of a character device: the device and the cdev.

use super::Options;
use crate::{
    ffi::{
        device::{above_node, FreeDevice},
        helpers, //
    },
    fops::{status, CharDevice, FileOperations, Shim}, //
};
use core::ptr::{null_mut, NonNull};
use kernel::{
    bindings,
    container_of,
    device::{Bound, Device},
    error::to_result,
    prelude::*,
    sync::{Arc, ArcBorrow}, //
};

/// A device and its cdev. Other code may hold references to either for any time, so the kernel
/// frees both, and neither is in memory of the driver. Their pointer to the character device is
/// cleared under the lock of the device.
///
/// # Invariants
///
/// - `cdev` is initialised, and this value owns a reference to it. Its parent is `device`, once it
///   is added.
/// - The driver data of `device` is the address in `_char_device`.
pub(super) struct Node<T: FileOperations> {
    cdev: NonNull<bindings::cdev>,
    device: FreeDevice,
    _char_device: Arc<CharDevice<T>>,
}

// SAFETY: References to a cdev may be put by any thread; the character device is `Send` and `Sync`.
unsafe impl<T: FileOperations> Send for Node<T> {}
// SAFETY: There are no operations on a shared reference.
unsafe impl<T: FileOperations> Sync for Node<T> {}

impl<T: FileOperations> Node<T> {
    // SAFETY: `Self::open` returns what `Shim::open` did.
    pub(super) const FOPS: &'static bindings::file_operations =
        &unsafe { Shim::<T>::table(Self::open) };

    /// Creates a node, which cannot be opened yet. Errors: `ENOMEM`.
    pub(super) fn new(
        bound: &Device<Bound>,
        options: Options<'_>,
        devt: u32,
        char_device: Arc<CharDevice<T>>,
    ) -> Result<Self> {
        let device = FreeDevice::new(options.name)?;
        // SAFETY: No preconditions.
        let cdev = NonNull::new(unsafe { bindings::cdev_alloc() }).ok_or(ENOMEM)?;
        // SAFETY: Both are initialised, and no other code uses them yet.
        unsafe {
            let device = device.as_raw();
            (*device).devt = devt;
            (*device).class = options.class;
            (*device).driver_data = Arc::as_ptr(&char_device).cast_mut().cast();
            (*device).parent = above_node(bound, options.below_parent);
            (*cdev.as_ptr()).ops = char_device.table();
            (*cdev.as_ptr()).owner = char_device.table().owner;
        }
        // INVARIANT: `cdev_alloc()` has initialised the cdev, and returned the first reference to
        // it. The driver data was set above.
        Ok(Self {
            cdev,
            device,
            _char_device: char_device,
        })
    }

    /// Makes the node visible. It may have been opened even if this fails.
    ///
    /// # Safety
    ///
    /// Called once; its number is reserved for it.
    pub(super) unsafe fn add(&self) -> Result {
        let (cdev, device) = (self.cdev.as_ptr(), self.device.as_raw());
        // SAFETY: Both are initialised. A cdev that was added has a reference to its parent, and
        // `cdev_del()` drops one to the cdev.
        unsafe {
            bindings::kobject_get(&raw mut (*cdev).kobj);
            bindings::cdev_set_parent(cdev, &raw mut (*device).kobj);
            to_result(bindings::cdev_add(cdev, (*device).devt, 1)).inspect_err(|_| {
                (*cdev).kobj.parent = null_mut();
                bindings::kobject_put(&raw mut (*cdev).kobj);
            })?;
            to_result(bindings::device_add(device)).inspect_err(|_| bindings::cdev_del(cdev))
        }
    }

    /// Removes the node. Files stay open, and a program may still be opening one.
    ///
    /// # Safety
    ///
    /// Called once, after [`Self::add`] succeeded.
    pub(super) unsafe fn delete(&self) {
        // SAFETY: The caller has added the cdev and the device, and removes them once.
        unsafe { bindings::cdev_device_del(self.cdev.as_ptr(), self.device.as_raw()) };
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, of a cdev of this type.
    pub(super) unsafe extern "C" fn open(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY:
        // - The VFS opens an inode of a cdev of this type. It has a reference to the cdev, which
        //   has one to its parent, the device.
        // - Under the lock of the device, its driver data is null or a character device, which the
        //   node has a reference to.
        let char_device = unsafe {
            let cdev = helpers::devscope_inode_cdev(inode);
            let device = container_of!((*cdev).kobj.parent, bindings::device, kobj);
            helpers::devscope_device_lock(device);
            let data = (*device).driver_data.cast_const().cast::<CharDevice<T>>();
            let char_device =
                (!data.is_null()).then(|| Arc::from(ArcBorrow::<CharDevice<T>>::from_raw(data)));
            helpers::devscope_device_unlock(device);
            char_device
        };
        status(char_device.ok_or(ENODEV).and_then(|char_device| {
            // SAFETY: The VFS calls this once for a file that has this table, with the arguments of
            // `open`.
            unsafe { Shim::open(&char_device, inode, file) }.inspect_err(|_| char_device.give_way())
        }))
    }
}

impl<T: FileOperations> Drop for Node<T> {
    fn drop(&mut self) {
        let device = self.device.as_raw();
        // SAFETY: By the type invariants. No code finds the character device after this.
        unsafe {
            helpers::devscope_device_lock(device);
            (*device).driver_data = null_mut();
            helpers::devscope_device_unlock(device);
            bindings::kobject_put(&raw mut (*self.cdev.as_ptr()).kobj);
        }
    }
}
