// SPDX-License-Identifier: GPL-2.0

//! The file operations, but for ioctls.

use crate::{
    client::{Client, BATCH},
    ioctl,
    wire::{Compat, Native, Wire},
    Evdev,
};
use devscope::prelude::*;
use kernel::prelude::*;

/// The most bytes that one write takes: it is one piece of work.
const MAX_WRITE: usize = 4096;

#[vtable]
impl SyncFile for Client {
    type Device = CovariantForLt!(Evdev<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Client::new(scope.data().handle.input())
    }

    fn connect(scope: &Scope<'_, Self>) -> Result {
        scope.data().handle.open()
    }

    fn read(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if scope.has_32bit_time() {
            read_events::<Compat>(scope, user)
        } else {
            read_events::<Native>(scope, user)
        }
    }

    fn write(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        if scope.has_32bit_time() {
            write_events::<Compat>(scope, user)
        } else {
            write_events::<Native>(scope, user)
        }
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        ioctl::handle(scope, cmd, arg, false)
    }

    fn compat_ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        // CAST: Such a program has 32-bit pointers.
        ioctl::handle(scope, cmd, arg as u32 as usize, true)
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|client| &client.queue);
        Events::OUT | Events::IN.when(scope.file().is_readable())
    }

    fn fasync(&self) -> &Fasync {
        &self.signal
    }

    fn open_files<'d>(evdev: &'d Evdev<'_>) -> &'d OpenFiles<Self> {
        &evdev.clients
    }

    fn disconnect(scope: &Scope<'_, Self>) {
        let evdev = scope.data();
        let _ = evdev.ungrab(scope.file());
        evdev.handle.close(scope.owner());
    }
}

fn read_events<W: Wire>(mut scope: Scope<'_, Client>, user: &mut UserDest<'_>) -> Result<usize> {
    if user.is_empty() {
        // Looks for errors, and reads nothing.
        let nothing = scope.is_nonblocking() && !scope.file().is_readable();
        return if nothing { Err(EAGAIN) } else { Ok(0) };
    }
    if user.len() < size_of::<W>() {
        return Err(EINVAL);
    }
    let mut batch = [W::new_zeroed(); BATCH];
    loop {
        scope = scope.wait_interruptible(|client| &client.queue, |s| s.file().is_readable())?;
        while user.len() >= size_of::<W>() {
            let room = BATCH.min(user.len() / size_of::<W>());
            let before = user.copied();
            let (count, after) = scope.file().take(&mut batch[..room]);
            if count == 0 {
                break;
            }
            scope = match scope.copy_out(user, batch[..count].as_bytes()) {
                Ok(scope) => scope,
                Err(Cut::Short(scope, error)) => {
                    // The event that did not arrive is gone; those behind it are not.
                    let gone = (user.copied() - before) / size_of::<W>() + 1;
                    scope.file().give_back(count - gone.min(count), after);
                    return Err(error);
                }
                Err(gone) => return Err(gone.into()),
            };
        }
        // Otherwise somebody else has read them.
        if user.copied() > 0 {
            return Ok(user.copied());
        }
    }
}

fn write_events<W: Wire>(
    mut scope: Scope<'_, Client>,
    user: &mut UserSource<'_>,
) -> Result<usize> {
    let len = user.len().min(MAX_WRITE);
    if len != 0 && len < size_of::<W>() {
        return Err(EINVAL);
    }
    let mut batch = [W::new_zeroed(); BATCH];
    let mut left = len / size_of::<W>();
    while left > 0 {
        let count = BATCH.min(left);
        let before = user.copied();
        let (back, error) = match scope.copy_in(user, batch[..count].as_mut_bytes()) {
            Ok(scope) => (scope, None),
            Err(Cut::Short(scope, error)) => (scope, Some(error)),
            Err(gone) => return Err(gone.into()),
        };
        scope = back;
        let arrived = (user.copied() - before) / size_of::<W>();
        for event in &batch[..arrived] {
            let value = event.value();
            let handle = scope.data().handle;
            handle.inject(value.kind, value.code, value.value);
        }
        if let Some(error) = error {
            return Err(error);
        }
        left -= count;
    }
    Ok(user.copied())
}
