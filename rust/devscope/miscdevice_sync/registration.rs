// SPDX-License-Identifier: GPL-2.0
// UNSAFE: registers a `struct miscdevice`.

//! A registered misc device.

use super::Options;
use crate::{
    binding::{Attachment, Role, Shared},
    control::Node,
    ffi::device::above_node,
    fops::{status, FileOperations, Registered, Shim}, //
};
use kernel::{
    bindings,
    container_of,
    device::{Bound, Device},
    error::to_result,
    prelude::*,
    str::CString,
    types::Opaque, //
};

/// A misc device, registered until this is dropped.
///
/// # Invariants
///
/// `misc` is registered and names `Self::FOPS`; its name is in `name`.
#[pin_data(PinnedDrop)]
pub(super) struct Registration<T: FileOperations> {
    name: CString,
    registered: Registered<T>,
    #[pin]
    misc: Opaque<bindings::miscdevice>,
}

// SAFETY: A misc device may be deregistered by any thread; the character device is `Send` and
// `Sync`.
unsafe impl<T: FileOperations> Send for Registration<T> {}
// SAFETY: Through a shared reference, only the character device is used, which is `Sync`.
unsafe impl<T: FileOperations> Sync for Registration<T> {}

impl<T: FileOperations> Registration<T> {
    // SAFETY: `Self::open` returns what `Shim::open` did.
    const FOPS: &'static bindings::file_operations = &unsafe { Shim::<T>::table(Self::open) };

    /// Registers a misc device. The caller drops the result before the data that `data` stands for.
    pub(super) fn new<'a, 'bound>(
        device: &'bound Device<Bound>,
        options: Options<'a>,
        data: Shared<'bound, T::Device>,
    ) -> impl PinInit<Self, Error> + use<'a, 'bound, T> {
        try_pin_init!(&this in Self {
            name: CString::try_from_fmt(fmt!("{}", options.name))?,
            // SAFETY: The binding owns both, and drops this first. The table is the shim's.
            registered: unsafe { Registered::new(data, Self::FOPS) }?,
            // INVARIANT: On success the device is registered, with these operations and name.
            misc <- Opaque::try_ffi_init(|slot: *mut bindings::miscdevice| {
                // SAFETY: `name` is initialised and pinned.
                let name = unsafe { (*this.as_ptr()).name.as_char_ptr() };
                // SAFETY: It was initialised above, and is pinned.
                let registered = unsafe { &(*this.as_ptr()).registered };
                let misc = bindings::miscdevice {
                    // CAST: A minor is below 2^20.
                    minor: options.minor as c_int,
                    name,
                    fops: registered.char_device().table(),
                    parent: above_node(device, options.below_parent),
                    mode: options.mode,
                    ..pin_init::zeroed()
                };
                // SAFETY: `slot` is valid for writes, and not moved until it is deregistered, or
                // `registered` dropped; `open` finds `registered` initialised.
                to_result(unsafe {
                    slot.write(misc);
                    registered.show(Node::Misc(slot));
                    bindings::misc_register(slot)
                })
            }),
        })
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, called by `misc_open()`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `misc_open()` has stored the misc device of these operations there, which is a
        // field of a registration. Its other fields are initialised before it is registered. It
        // holds the mutex that `misc_deregister()` takes, so all of it is valid for the call.
        let registration = unsafe {
            let misc = (*file).private_data.cast::<bindings::miscdevice>();
            &*container_of!(Opaque::cast_from(misc), Self, misc)
        };
        // SAFETY: `misc_open()` calls this once for a file, which has this table by then, with the
        // arguments of `open`.
        status(unsafe { Shim::open(registration.registered.char_device(), inode, file) })
    }
}

impl<T: FileOperations> Attachment for Registration<T> {
    fn role(&self) -> Role {
        Role::Node
    }

    fn close(&self) {
        self.registered.close();
    }
}

#[pinned_drop]
impl<T: FileOperations> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        self.registered.hide();
        // `misc_open()` holds the mutex that this takes, so no caller is in `open` after it.
        // SAFETY: By the type invariant.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}
