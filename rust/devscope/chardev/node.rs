// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a `struct device` and a `struct cdev`, whose memory C counts references to.

//! What C knows of a character device.

use super::Options;
use crate::{
    ffi::helpers,
    fops::{Endpoint, Shim, SyncFile}, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    container_of,
    device::{Bound, Device},
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// The device and its cdev in one piece of memory, as `cdev_device_add()` asks. It is there until
/// the last file is closed, since an open file has a reference to the cdev.
#[pin_data]
struct Inner<T: SyncFile> {
    endpoint: Arc<Endpoint<T>>,
    #[pin]
    device: Opaque<bindings::device>,
    #[pin]
    cdev: Opaque<bindings::cdev>,
}

/// A reference to one.
///
/// # Invariants
///
/// `0` is initialised, and counted for this value.
pub(super) struct Node<T: SyncFile>(NonNull<Inner<T>>);

// SAFETY: References to a device may be put by any thread; the endpoint is `Send` and `Sync`.
unsafe impl<T: SyncFile> Send for Node<T> {}
// SAFETY: As above.
unsafe impl<T: SyncFile> Sync for Node<T> {}

impl<T: SyncFile> Node<T> {
    // SAFETY: `Self::open` returns what `Shim::open` did.
    const FOPS: &'static bindings::file_operations = &unsafe { Shim::<T>::table(Self::open) };

    /// A node that nobody can open yet. Errors: `ENOMEM`.
    pub(super) fn new(
        bound: &Device<Bound>,
        options: Options<'_>,
        devt: u32,
        endpoint: Arc<Endpoint<T>>,
    ) -> Result<Self> {
        let inner = KBox::pin_init(
            pin_init!(Inner {
                endpoint,
                device: Opaque::zeroed(),
                cdev: Opaque::zeroed(),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: It stays where it is; `release` frees it.
        let inner = unsafe { KBox::into_raw(Pin::into_inner_unchecked(inner)) };
        let bound = core::ptr::from_ref(bound)
            .cast_mut()
            .cast::<bindings::device>();
        // SAFETY: It is bound, so it stays below its parent.
        let parent = unsafe { (*bound).parent };
        // SAFETY: `inner` is valid, and all of it but what C initialises here.
        let node = unsafe {
            let device = (*inner).device.get();
            (*device).devt = devt;
            (*device).class = options.class;
            (*device).release = Some(Self::release);
            (*device).parent = if options.below_parent && !parent.is_null() {
                parent
            } else {
                bound
            };
            bindings::device_initialize(device);
            bindings::cdev_init((*inner).cdev.get(), Self::FOPS);
            (*(*inner).cdev.get()).owner = Self::FOPS.owner;
            // INVARIANT: The first reference.
            Self(NonNull::new_unchecked(inner))
        };
        // SAFETY: The device is initialised; the format is for a C string.
        to_result(unsafe {
            bindings::dev_set_name(
                node.device(),
                c"%s".as_char_ptr(),
                options.name.as_char_ptr(),
            )
        })?;
        Ok(node)
    }

    fn device(&self) -> *mut bindings::device {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }.device.get()
    }

    fn cdev(&self) -> *mut bindings::cdev {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }.cdev.get()
    }

    /// Shows it to everyone. It may have been opened even where this fails.
    ///
    /// # Safety
    ///
    /// Called once; its number is taken for it.
    pub(super) unsafe fn add(&self) -> Result {
        // SAFETY: Both are initialised, and parts of the same memory.
        to_result(unsafe { bindings::cdev_device_add(self.cdev(), self.device()) })
    }

    /// Takes it away. Files that are open stay so, and somebody may be about to open one.
    ///
    /// # Safety
    ///
    /// Called once, after [`Self::add`] succeeded.
    pub(super) unsafe fn delete(&self) {
        // SAFETY: By the safety requirement.
        unsafe { bindings::cdev_device_del(self.cdev(), self.device()) };
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, of a cdev of this type.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: By the safety requirement; the caller has a reference to the cdev.
        let inner = unsafe {
            let cdev = helpers::devscope_inode_cdev(inode);
            &*container_of!(Opaque::cast_from(cdev), Inner<T>, cdev)
        };
        // SAFETY: By the safety requirement.
        match unsafe { Shim::open(&inner.endpoint, inode, file) } {
            Ok(()) => 0,
            Err(error) => error.to_errno(),
        }
    }

    /// # Safety
    ///
    /// Called by the driver core, for the device of an [`Inner`] that nobody refers to any more.
    unsafe extern "C" fn release(device: *mut bindings::device) {
        // SAFETY: By the safety requirement; `new` has it from a box.
        drop(unsafe {
            let inner = container_of!(Opaque::cast_from(device), Inner<T>, device);
            KBox::from_raw(inner.cast_mut())
        });
    }
}

impl<T: SyncFile> Drop for Node<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::put_device(self.device()) };
    }
}
