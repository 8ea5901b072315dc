// SPDX-License-Identifier: GPL-2.0

//! Closing: how a device and its open files part.

use super::{Number, Pass};
use core::ops::{Deref, DerefMut};

/// An open file, as the closer sees it.
pub(crate) trait File {
    fn pass(&self) -> &Pass;

    /// Wakes all sleepers and pollers.
    fn wake(&self);

    /// Ends the commands that are pending. No caller is inside that could issue another one.
    fn end_commands(&self);

    /// Takes all entries out of the page tables of programs that have mapped the file.
    fn zap(&self);

    /// When it was revoked with all others.
    fn round(&self) -> &Number;
}

/// A device with open files, as the closer sees it.
pub(crate) trait Device {
    type File: File;
    type List: Default + IntoIterator<Item: Deref<Target = Self::File>>;
    /// The list of files, locked.
    type Files<'a>: DerefMut<Target = Self::List>
    where
        Self: 'a;

    /// The pass of callers that have no file yet.
    fn pass(&self) -> &Pass;

    fn files(&self) -> Self::Files<'_>;

    fn for_each(files: &Self::List, f: impl FnMut(&Self::File));

    /// Takes those files off that `f` names.
    fn take_if(files: &mut Self::List, f: impl FnMut(&Self::File) -> bool) -> Self::List;

    /// How often all files were revoked.
    fn rounds(&self) -> &Number;

    /// Ends waits that are not on a file's queue.
    fn wake(&self);

    /// Waits for all callers inside.
    fn drain(&self);

    /// Tears `file` down, which is unplugged; the device is still there.
    fn disconnect(&self, file: <Self::List as IntoIterator>::Item);

    /// Tears `file` down, which is revoked.
    fn disconnect_revoked(&self, file: <Self::List as IntoIterator>::Item);
}

/// Has `add` put a file on the list, or returns `None` where `device` is being unplugged. The
/// caller is inside.
pub(crate) fn admit<'a, D: Device, R>(
    device: &'a D,
    add: impl FnOnce(&mut D::Files<'a>) -> R,
) -> Option<R> {
    let mut files = device.files();
    // The closer ends the pass first and locks the list then, so it sees the file or the pass is
    // seen here.
    device.pass().is_live().then(|| add(&mut files))
}

/// Unplugs `device`: when this returns, nobody is inside, nobody comes in, no page of it is mapped,
/// and every file is disconnected. One that is released meanwhile got in before its pass ended, and
/// disconnects itself, which the drain waits for; or is refused, and is left on the list. The file of
/// a mapping is not released before that is gone.
///
/// For the owner of `device`, and so for one at a time. A second time, it does nothing.
pub(crate) fn unplug<D: Device>(device: &D) {
    if !device.pass().is_live() {
        return;
    }
    device.pass().unplug();
    D::for_each(&device.files(), |file| {
        // A sleeper that the wake-up does not reach looks at its pass later.
        file.pass().unplug();
        file.wake();
    });
    device.wake();
    device.drain();
    // Not under the lock, which drivers' methods may take. No caller is inside that could look for a
    // file on the list.
    let files = core::mem::take(&mut *device.files());
    // A fault is inside until its entry is there, so all are there, and no other will be.
    D::for_each(&files, File::zap);
    files.into_iter().for_each(|file| {
        file.end_commands();
        device.disconnect(file);
    });
}
