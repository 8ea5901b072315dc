// SPDX-License-Identifier: GPL-2.0

//! An end of a channel: a device of its own, which a program has created.

use crate::{
    channel::{Channel, Side},
    Loopchan, //
};
use devscope::prelude::*;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    }, //
};

/// The maximum number of bytes of one call.
const CHUNK: usize = 256;

/// The data of an end. It counts the end in the counter that it borrows.
pub(crate) struct End<'a> {
    ends: &'a Atomic<u32>,
    channel: Arc<Channel>,
    side: Side,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.channel.leave(self.side);
        let _ = self.ends.fetch_sub(1, Relaxed);
    }
}

/// The data of an open file.
pub(crate) struct EndFile {
    channel: Arc<Channel>,
    side: Side,
}

impl chardev::Child for EndFile {
    type Parent = CovariantForLt!(Loopchan);
    type Argument = (Arc<Channel>, Side);

    fn device<'a>(
        loopchan: &'a Loopchan,
        (channel, side): Self::Argument,
    ) -> impl PinInit<End<'a>, Error> {
        let _ = loopchan.ends.fetch_add(1, Relaxed);
        Ok(End {
            ends: &loopchan.ends,
            channel,
            side,
        })
    }
}

#[vtable]
impl FileOperations for EndFile {
    type Device = CovariantForLt!(End<'_>);
    const NOWAIT: bool = true;

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            channel: scope.data().channel.clone(),
            side: scope.data().side,
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if user.is_empty() {
            return Ok(0);
        }
        let mut bytes = [0; CHUNK];
        let bytes = &mut bytes[..CHUNK.min(user.len())];
        let mut taken = 0;
        let scope = scope.wait_interruptible(
            |f| &f.channel.changed,
            |s| {
                let count = s.file().channel.take(s.file().side, bytes);
                taken = count.unwrap_or(0);
                count.is_some()
            },
        )?;
        scope.copy_out(user, &bytes[..taken])?;
        Ok(user.copied())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        if user.is_empty() {
            return Ok(0);
        }
        let mut bytes = [0; CHUNK];
        let bytes = &mut bytes[..CHUNK.min(user.len())];
        let scope = scope.copy_in(user, bytes)?;
        let mut put = Ok(0);
        scope.wait_interruptible(
            |f| &f.channel.changed,
            |s| {
                let count = s.file().channel.put(s.file().side, bytes);
                put = count.unwrap_or(Ok(0));
                count.is_some()
            },
        )?;
        put
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.channel.changed);
        scope.file().channel.ready(scope.file().side)
    }
}
