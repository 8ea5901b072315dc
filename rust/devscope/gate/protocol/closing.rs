// SPDX-License-Identifier: GPL-2.0

//! Closing: the end of a device for its open files.

use super::{
    sweep::{sweep, Number, Verdict},
    Pass, //
};
use core::ops::{Deref, DerefMut};

/// An open file, for the closer.
pub(crate) trait File {
    fn pass(&self) -> &Pass;

    /// Wakes all sleepers and pollers.
    fn wake(&self);

    /// Ends the pending commands. No caller is inside that could issue another one.
    fn end_commands(&self);

    /// Removes all entries of the file's mappings from the page tables.
    fn zap(&self);

    /// The sweep of the revoke of all files that has revoked this file.
    fn round(&self) -> &Number;

    /// The last sweep that has visited the file.
    fn swept(&self) -> &Number;
}

/// A device with open files, for the closer.
pub(crate) trait Device {
    /// The number of files that are visited before the lock of their list is released.
    const AT_ONCE: usize;

    type File: File;
    type List: Default + IntoIterator<Item: Deref<Target = Self::File>>;
    /// The list of files, locked.
    type Files<'a>: DerefMut<Target = Self::List>
    where
        Self: 'a;

    /// The pass of callers that have no file yet.
    fn pass(&self) -> &Pass;

    fn files(&self) -> Self::Files<'_>;

    /// [Zaps](File::zap) all of `files`, to which no other code has access.
    fn zap(files: &Self::List);

    /// Calls `f` for the first of `files`. A file that is taken off is added to `taken`. Returns
    /// whether there is another first file now.
    fn first(
        files: &mut Self::List,
        taken: &mut Self::List,
        f: impl FnOnce(&Self::File) -> Verdict,
    ) -> bool;

    /// Held while all files are swept. Sleeps.
    fn sweeping(&self) -> impl Sized;

    /// The number of sweeps.
    fn sweeps(&self) -> &Number;

    /// Ends waits that are not on a file's queue.
    fn wake(&self);

    /// Waits for all callers inside.
    fn drain(&self);

    /// Disconnects `file`, which is unplugged; the device is still there.
    fn disconnect(&self, file: <Self::List as IntoIterator>::Item);

    /// Disconnects `file`, which is revoked.
    fn disconnect_revoked(&self, file: <Self::List as IntoIterator>::Item);
}

/// Calls `add` to append `file` to the list, or returns `None` if `device` is being unplugged. The
/// caller is inside.
pub(crate) fn admit<'a, D: Device, R>(
    device: &'a D,
    file: &D::File,
    add: impl FnOnce(&mut D::Files<'a>) -> R,
) -> Option<R> {
    let mut files = device.files();
    // Of a sweep that is on, it is none of the files.
    file.swept().set(device.sweeps().get());
    // The closer ends the pass first and locks the list then, so it sees the file or the pass is
    // seen here.
    device.pass().is_live().then(|| add(&mut files))
}

/// Unplugs `device`: when this returns, no caller is inside or can enter, no page of it is mapped,
/// and every file is disconnected. A file that is released meanwhile either has entered before its
/// pass ended, and disconnects itself, which the drain waits for; or it is refused, and stays on
/// the list. The file of a mapping is not released before the mapping is gone.
///
/// Only the owner of `device` may call this, so calls are not concurrent. A second call does
/// nothing.
pub(crate) fn unplug<D: Device>(device: &D) {
    if !device.pass().is_live() {
        return;
    }
    device.pass().unplug();
    sweep(device, |file, _| {
        // A sleeper that the wake-up does not reach looks at its pass later.
        file.pass().unplug();
        file.wake();
        false
    });
    device.wake();
    device.drain();
    // Not under the lock, which drivers' methods may take. No caller is inside that could look for
    // a file on the list.
    let files = core::mem::take(&mut *device.files());
    // A fault is inside until its entry is there, so all are there, and no other will be.
    D::zap(&files);
    files.into_iter().for_each(|file| {
        file.end_commands();
        device.disconnect(file);
    });
}
