// SPDX-License-Identifier: GPL-2.0

//! Creating, from inside a file operation.

use super::{Children, Kind, Slot};
use crate::{
    fops::{FileOperations, Scope},
    scope::ScopeError, //
};
use kernel::types::ForLt;

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Creates a device and opens it: all of it, or nothing. `children` names its kind in the data,
    /// `flags` are those of an `open()` (`O_RDWR` and `O_NONBLOCK`, say), and `argument` is what
    /// the device is made from: see [`chardev::Child`](crate::chardev::Child) and
    /// [`block::Disk`](crate::block::Disk).
    ///
    /// What this returns is the device's file, with the number of a descriptor, which the caller
    /// does not have yet: see [`NewFile`](crate::chardev::NewFile). When that file is closed for
    /// the last time, the device ends, soon and by a worker. It ends with the binding as well.
    ///
    /// Leaves the gate while the device is shown to others, and sleeps.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device of this file is gone; or no children are made, because their device
    ///   goes or they are not registered.
    /// - `EINVAL`: the flags are none that an open file has.
    /// - `EMFILE`, `ENFILE`: the caller has too many files, or all have together.
    /// - `ENOSPC`: there are as many children with a node as there may be.
    /// - `EEXIST`: the name is taken; C has a stack trace for it.
    /// - `ENOMEM`, and those of the driver's own methods, of the device cgroup and of the security
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
