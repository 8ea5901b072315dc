// SPDX-License-Identifier: GPL-2.0

//! The file operations, except the ioctls.

use crate::{
    abi::{Compat, Native, Wire},
    client::{Client, BATCH},
    ioctl, Evdev,
};
use devscope::prelude::*;
use kernel::prelude::*;

/// The maximum number of bytes of one write, which is one bounded work.
const MAX_WRITE: usize = 4096;

#[vtable]
impl FileOperations for Client {
    type Device = CovariantForLt!(Evdev<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Client::new(scope.data().handle.input())
    }

    fn connect(scope: &Scope<'_, Self>) -> Result {
        scope.data().handle.open()
    }

    #[inline]
    fn read(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if scope.has_32bit_time() {
            read_events::<Compat>(scope, user)
        } else {
            read_events::<Native>(scope, user)
        }
    }

    #[inline]
    fn write(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        if scope.has_32bit_time() {
            write_events::<Compat>(scope, user)
        } else {
            write_events::<Native>(scope, user)
        }
    }

    #[inline]
    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        // CAST: Widens.
        ioctl::handle(scope, cmd, arg, false).map(|reply| reply as isize)
    }

    #[inline]
    fn compat_ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        // CAST: A 32-bit program has 32-bit pointers; and widens.
        ioctl::handle(scope, cmd, arg as u32 as usize, true).map(|reply| reply as isize)
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

    #[inline]
    fn disconnect(scope: &Scope<'_, Self>) {
        let owner = scope.owner();
        // At unplug, the device is closed for all clients at once.
        if !owner.is_nobody() {
            let _ = Evdev::ungrab(scope);
            scope.data().close(owner);
        }
    }
}

fn read_events<W: Wire>(mut scope: Scope<'_, Client>, user: &mut UserDest<'_>) -> Result<usize> {
    if user.is_empty() {
        // Only checks for errors.
        let nothing = scope.is_nonblocking() && !scope.file().is_readable();
        return if nothing { Err(EAGAIN) } else { Ok(0) };
    }
    if user.len() < size_of::<W>() {
        return Err(EINVAL);
    }
    loop {
        scope = scope.wait_interruptible(|client| &client.queue, |s| s.file().is_readable())?;
        scope = if user.len() < 2 * size_of::<W>() {
            read_one::<W>(scope, user)?
        } else {
            read_many::<W>(scope, user)?
        };
        // Otherwise another task has read them.
        if user.copied() > 0 {
            return Ok(user.copied());
        }
    }
}

/// Reads an event, if there still is one.
#[inline(always)]
fn read_one<'a, W: Wire>(
    scope: Scope<'a, Client>,
    user: &mut UserDest<'_>,
) -> Result<Scope<'a, Client>> {
    match scope.file().take_one::<W>(&scope) {
        // If the copy fails, the event is lost.
        Some(event) => Ok(scope.copy_out(user, event.as_bytes())?),
        None => Ok(scope),
    }
}

/// Reads the events that fit into the buffer, some at a time.
#[inline(always)]
fn read_many<'a, W: Wire>(
    mut scope: Scope<'a, Client>,
    user: &mut UserDest<'_>,
) -> Result<Scope<'a, Client>> {
    let mut batch = Batch::<W, BATCH>::new();
    loop {
        let room = user.len() / size_of::<W>();
        let before = user.copied();
        let taken = scope.file().take(&scope, &mut batch, room);
        scope = match scope.copy_out(user, batch.as_slice().as_bytes()) {
            Ok(scope) => scope,
            Err(ScopeError::Short(scope, error)) => {
                // The event whose copy failed is lost; those after it are not.
                let gone = (user.copied() - before) / size_of::<W>() + 1;
                let count = batch.as_slice().len().saturating_sub(gone);
                scope.file().give_back(&scope, taken, count);
                return Err(error);
            }
            Err(gone) => return Err(gone.into()),
        };
        if !taken.more || user.len() < size_of::<W>() {
            return Ok(scope);
        }
    }
}

fn write_events<W: Wire>(scope: Scope<'_, Client>, user: &mut UserSource<'_>) -> Result<usize> {
    let len = user.len().min(MAX_WRITE);
    if len != 0 && len < size_of::<W>() {
        return Err(EINVAL);
    }
    match len / size_of::<W>() {
        0 | 1 => write_batch(scope, user, &mut [W::new_zeroed()][..len / size_of::<W>()])?,
        count @ 2..=BATCH => write_batch(scope, user, &mut [W::new_zeroed(); BATCH][..count])?,
        count => {
            let mut batch = KVec::from_elem(W::new_zeroed(), count, GFP_KERNEL)?;
            write_batch(scope, user, &mut batch)?;
        }
    }
    Ok(user.copied())
}

/// Writes up to a `batch` of events. No events of other clients come between them.
#[inline]
fn write_batch<W: Wire>(
    scope: Scope<'_, Client>,
    user: &mut UserSource<'_>,
    batch: &mut [W],
) -> Result {
    let (scope, cut) = match scope.copy_in(user, batch.as_mut_bytes()) {
        Ok(scope) => (scope, Ok(())),
        Err(ScopeError::Short(scope, error)) => (scope, Err(error)),
        Err(gone) => return Err(gone.into()),
    };
    let evdev = scope.data();
    let _injecting = evdev.injecting.lock();
    // Also the events before one whose copy failed.
    for event in batch.iter().take(user.copied() / size_of::<W>()) {
        let value = event.value();
        evdev.handle.inject(value.kind, value.code, value.value);
    }
    cut
}
