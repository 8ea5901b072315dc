// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a misc device with a mode; looks at files of the caller's.

//! The control node.

use super::registry;
use crate::ffi::helpers;
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    fs::File,
    ioctl::_IO,
    miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
    prelude::*,
    types::Opaque, //
};

/// `DEVSCOPE_IOC_REVOKE`
const REVOKE: u32 = _IO(0xDE, 0x80);
/// `DEVSCOPE_IOC_REVOKE_ALL`
const REVOKE_ALL: u32 = _IO(0xDE, 0x81);

/// `/dev/devscope`, while it exists. Open files of it pin this module.
///
/// # Invariants
///
/// The device is registered.
#[pin_data(PinnedDrop)]
pub(crate) struct Device {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
}

// SAFETY: A misc device may be deregistered by any thread.
unsafe impl Send for Device {}
// SAFETY: It has no method that takes a reference.
unsafe impl Sync for Device {}

impl Device {
    /// Registers the device, for the module's `init`. Errors: those of `misc_register()`, and
    /// `EBUSY` for a second call.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"devscope" };
        let misc = bindings::miscdevice {
            // Any task may revoke a descriptor that it has; for a node, the ioctl checks
            // permissions.
            mode: 0o666,
            ..options.into_raw::<Control>()
        };
        try_pin_init!(Self {
            _: { registry::init()? },
            // INVARIANT: On success.
            misc <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                // SAFETY: `slot` is valid for writes, and not moved until it is deregistered.
                to_result(unsafe {
                    slot.write(misc);
                    bindings::misc_register(slot)
                })
            }),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Device {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}

/// An open control node, which has no data.
struct Control;

#[vtable]
impl MiscDevice for Control {
    type Ptr = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Ok(())
    }

    fn ioctl((): (), _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            REVOKE => FileRef::get(arg, bindings::fget)?.revoke()?,
            REVOKE_ALL => FileRef::get(arg, bindings::fget_raw)?.revoke_all()?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

/// A file of which the caller has a descriptor.
///
/// # Invariants
///
/// This holds a reference to the file.
struct FileRef(NonNull<bindings::file>);

impl FileRef {
    /// Errors: `EBADF` if `arg` is not a descriptor for `get`: `fget()` refuses those with
    /// `O_PATH`, `fget_raw()` accepts them.
    fn get(arg: usize, get: unsafe extern "C" fn(c_uint) -> *mut bindings::file) -> Result<Self> {
        let fd = c_uint::try_from(arg).map_err(|_| EBADF)?;
        // SAFETY: No preconditions; the caller is in a system call, and so has a descriptor table.
        let file = unsafe { get(fd) };
        // INVARIANT: Just taken.
        NonNull::new(file).map(Self).ok_or(EBADF)
    }

    fn revoke(&self) -> Result {
        // SAFETY: By the type invariant; a descriptor is installed when its file is open.
        unsafe { registry::revoke(self.0) }
    }

    /// Errors: `ENOTTY` if the file is not a device node, `EACCES` if it is on a file system
    /// without devices, `EPERM` if the caller has no permission.
    fn revoke_all(&self) -> Result {
        let mut number = 0;
        // SAFETY: By the type invariant.
        to_result(unsafe { helpers::devscope_may_revoke_node(self.0.as_ptr(), &raw mut number) })?;
        registry::revoke_all(number)
    }
}

impl Drop for FileRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::fput(self.0.as_ptr()) };
    }
}
