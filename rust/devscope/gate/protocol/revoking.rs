// SPDX-License-Identifier: GPL-2.0

//! Revoking: how files part from a device that stays.

use super::{drain, drain_others, enter, sweep::sweep, Device, File, Pass, Readers};

/// Ends the pass of `file`, for a caller that is inside by it. Returns whether this is what ended
/// it; if not, somebody else has revoked the file or does so, or the device is being unplugged, and
/// the file disconnected with it.
///
/// The caller is inside still, and is to go on with [`finish_revoke`]. If it never does, the file
/// is left to the closer.
pub(crate) fn begin_revoke(file: &impl File) -> bool {
    let begun = file.pass().revoke();
    if begun {
        file.wake();
    }
    begun
}

/// Goes on with a revoke: when this returns, nobody else is inside by the file, nobody comes in,
/// its mappings are empty, its commands have ended, and the caller is inside again, by `gate`, the
/// pass of callers that have no file. It has the device to itself as far as this file goes, and is
/// to disconnect it.
///
/// Returns `None` where the device is being unplugged, and the file disconnected with it.
pub(crate) fn finish_revoke<'a, R: Readers>(
    readers: &'a R,
    inside: R::Reader<'a>,
    file: &impl File,
    gate: &Pass,
) -> Option<R::Reader<'a>> {
    // The zap is outside: it takes as long as there are mappings.
    let inside = drain_others(readers, inside, gate, || file.zap())?;
    file.end_commands();
    Some(inside)
}

/// One time that all files are revoked: those that are marked with its number, or with an earlier
/// one if nobody has disconnected them yet.
pub(crate) struct Round(u64);

/// Ends the passes of all files of `device`, but of `spared`, for a caller that is inside. Files
/// that are opened after it live. If the caller never goes on with [`finish_revoke_all`] or
/// [`finish_revoke_others`], the files are left to the next caller that does, or to the closer.
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

/// Disconnects the files of `round`: when this returns, nobody is inside by them, and the caller is
/// inside, by the device's pass. One that was released meanwhile got in before its pass ended, and
/// has disconnected itself; or was refused, and is on the list still. One of an earlier round,
/// whoever comes first disconnects.
///
/// The caller gives up its place, if it has one. Returns `None` where the device is being
/// unplugged, and the files disconnected with it.
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
/// spared. Returns `None` also where that has ended meanwhile.
pub(crate) fn finish_revoke_others<'a, D: Device, R: Readers>(
    device: &D,
    readers: &'a R,
    inside: R::Reader<'a>,
    round: &Round,
    own: &Pass,
) -> Option<R::Reader<'a>> {
    // By the device's pass, for the files are to be disconnected whatever has become of this one.
    finish_revoke_all(device, readers, Some(inside), round)
        // Counted in before the look.
        .filter(|_| own.is_live())
}
