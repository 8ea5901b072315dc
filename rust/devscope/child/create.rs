// SPDX-License-Identifier: GPL-2.0

//! Creating a device in a file operation.

use super::{Children, Kind, Slot};
use crate::{
    fops::{FileOperations, Scope},
    scope::ScopeError, //
};
use kernel::types::ForLt;

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Creates a device and opens it. On failure, no device is left. `children` returns a field of
    /// the data, which determines the kind of the device. `flags` are those of an `open()`, such as
    /// `O_RDWR` and `O_NONBLOCK`. `argument` is passed to the driver's constructor: see
    /// [`chardev::Child`](crate::chardev::Child) and [`block::Disk`](crate::block::Disk).
    ///
    /// Returns the file of the device, with a reserved descriptor number that is not installed yet:
    /// see [`NewFile`](crate::chardev::NewFile). After the last close of this file, a worker
    /// removes the device. Unbind removes it, too.
    ///
    /// Leaves the gate while the device is made visible. Sleeps.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device of this file is gone; or no children can be created, because their
    ///   device is being unbound or they are not registered.
    /// - `EINVAL`: the flags are not valid for an open file.
    /// - `EMFILE`, `ENFILE`: the limit of files of the caller, or of the system, is reached.
    /// - `ENOSPC`: the limit of children with a node is reached.
    /// - `EEXIST`: the name is in use. The driver core prints a stack trace.
    /// - `ENOMEM`, and the errors of the driver's methods, of the device cgroup and of the security
    ///   module.
    ///
    /// # Examples
    ///
    /// See `samples/loopchan` and `samples/ramdisk`.
    pub fn create<K: Kind>(
        self,
        children: impl for<'d, 'b> FnOnce(&'d <T::Device as ForLt>::Of<'b>) -> &'d Children<K>,
        flags: u32,
        argument: K::Argument,
    ) -> Result<(Self, K::Opened), ScopeError<Self>> {
        let family = self.part(children).0.clone();
        let item = match Slot::new(&family) {
            Ok(item) => item,
            Err(error) => return Err(ScopeError::Short(self, error)),
        };
        let slot = item.clone_arc();
        let making = match slot.begin(item, argument) {
            Ok(making) => making,
            Err(error) => return Err(ScopeError::Short(self, error)),
        };
        match self.outside(|| making.finish(flags)) {
            (Ok(scope), Ok(opened)) => Ok((scope, opened)),
            (Ok(scope), Err(error)) => Err(ScopeError::Short(scope, error)),
            (Err(gone), _) => Err(gone),
        }
    }
}
