// SPDX-License-Identifier: GPL-2.0

//! Revoking: the end of files, while the device stays bound.

use super::{drain, drain_others, enter, sweep::sweep, Device, File, Pass, Readers};

/// Ends the pass of `file`, for a caller that is inside by it. Returns whether this call has ended
/// it. If not, another caller revokes the file, or the device is being unplugged, which disconnects
/// the file.
///
/// The caller stays inside, and continues with [`finish_revoke`]. If it never does, the closer
/// disconnects the file.
pub(crate) fn begin_revoke(file: &impl File) -> bool {
    let begun = file.pass().revoke();
    if begun {
        file.wake();
    }
    begun
}

/// The second half of a revoke: when this returns, no other caller is inside by the file or can
/// enter by it, its mappings are empty, its commands have ended, and the caller is inside again, by
/// `gate`, the pass of callers that have no file. The caller then disconnects the file.
///
/// Returns `None` if the device is being unplugged, which disconnects the file.
pub(crate) fn finish_revoke<'a, R: Readers>(
    readers: &'a R,
    inside: R::Reader<'a>,
    file: &impl File,
    gate: &Pass,
) -> Option<R::Reader<'a>> {
    // Zap outside of the gate: its time depends on the number of mappings.
    let inside = drain_others(readers, inside, gate, || file.zap())?;
    file.end_commands();
    Some(inside)
}

/// One revoke of all files: those that are marked with its number, and those with an earlier one
/// that are not disconnected yet.
pub(crate) struct Round(u64);

/// Ends the passes of all files of `device`, except `spared`, for a caller that is inside. Files
/// that are opened later stay live. If the caller never continues with [`finish_revoke_all`] or
/// [`finish_revoke_others`], the next caller that does, or the closer, disconnects the files.
pub(crate) fn begin_revoke_all<D: Device>(device: &D, spared: Option<&D::File>) -> Round {
    let (number, _) = sweep(device, |file, number| {
        let spared = spared.is_some_and(|spared| core::ptr::eq(spared, file));
        if !spared && file.pass().revoke() {
            file.round().set(number);
            file.wake();
        }
        false
    });
    Round(number)
}

/// Disconnects the files of `round`: when this returns, no other caller is inside by them, and the
/// caller is inside, by the device's pass. A file that was released meanwhile either has entered
/// before its pass ended, and has disconnected itself; or it was refused, and is still on the list.
/// The first caller to get there disconnects a file of an earlier round.
///
/// The caller leaves first, if it is inside. Returns `None` if the device is being unplugged, which
/// disconnects the files.
pub(crate) fn finish_revoke_all<'a, D: Device, R: Readers>(
    device: &D,
    readers: &'a R,
    inside: Option<R::Reader<'a>>,
    round: &Round,
) -> Option<R::Reader<'a>> {
    drop(inside);
    drain(readers);
    let inside = enter(readers, device.pass())?;
    let (_, files) = sweep(device, |file, _| {
        (1..=round.0).contains(&file.round().get())
    });
    // Inside, for a closer that comes by now does not find them on the list. It would take as long.
    D::zap(&files);
    files.into_iter().for_each(|file| {
        file.end_commands();
        device.disconnect_revoked(file);
    });
    Some(inside)
}

/// As [`finish_revoke_all`], for a caller that is inside by `own`, the pass of a file that was
/// spared. Also returns `None` if this pass has ended meanwhile.
pub(crate) fn finish_revoke_others<'a, D: Device, R: Readers>(
    device: &D,
    readers: &'a R,
    inside: R::Reader<'a>,
    round: &Round,
    own: &Pass,
) -> Option<R::Reader<'a>> {
    // By the device's pass: the files have to be disconnected even if this one was revoked.
    finish_revoke_all(device, readers, Some(inside), round)
        // Counted in before the look.
        .filter(|_| own.is_live())
}
