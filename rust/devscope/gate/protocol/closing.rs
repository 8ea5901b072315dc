// SPDX-License-Identifier: GPL-2.0

//! Closing: how a device and its open files part.

use super::{
    sweep::{sweep, Number, Verdict},
    Pass, //
};
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

    /// The sweep that revoked it with all others.
    fn round(&self) -> &Number;

    /// The last sweep that has looked at it.
    fn swept(&self) -> &Number;
}

/// A device with open files, as the closer sees it.
pub(crate) trait Device {
    /// How many files are looked at before the lock of their list is given back.
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

    /// [Zaps](File::zap) all of `files`, which nobody else has.
    fn zap(files: &Self::List);

    /// Has `f` look at the first of `files`. What it takes off, it adds to `taken`. Returns whether
    /// the first one is another now.
    fn first(
        files: &mut Self::List,
        taken: &mut Self::List,
        f: impl FnOnce(&Self::File) -> Verdict,
    ) -> bool;

    /// Held while all files are swept. Sleeps.
    fn sweeping(&self) -> impl Sized;

    /// How many sweeps there were.
    fn sweeps(&self) -> &Number;

    /// Ends waits that are not on a file's queue.
    fn wake(&self);

    /// Waits for all callers inside.
    fn drain(&self);

    /// Tears `file` down, which is unplugged; the device is still there.
    fn disconnect(&self, file: <Self::List as IntoIterator>::Item);

    /// Tears `file` down, which is revoked.
    fn disconnect_revoked(&self, file: <Self::List as IntoIterator>::Item);
}

/// Has `add` put `file` last on the list, or returns `None` where `device` is being unplugged. The
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

/// Unplugs `device`: when this returns, nobody is inside, nobody comes in, no page of it is mapped,
/// and every file is disconnected. One that is released meanwhile got in before its pass ended, and
/// disconnects itself, which the drain waits for; or is refused, and is left on the list. The file
/// of a mapping is not released before that is gone.
///
/// For the owner of `device`, and so for one at a time. A second time, it does nothing.
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
