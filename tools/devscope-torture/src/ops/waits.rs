// SPDX-License-Identifier: GPL-2.0

//! What waits for events of a file.

use super::Op;
use crate::{
    ops::files::File,
    sys::{self, Done},
    worker::{How, Worker},
};
use rustix::{
    event::{
        epoll::{self, EventData, EventFlags},
        PollFlags,
    },
    io::Errno,
};
use std::{mem::MaybeUninit, sync::Arc, time::Duration};

/// How many files an epoll set has at most.
const WATCHED: usize = 4;

impl Worker {
    /// Waits, if it sleeps, for as long as it takes.
    pub fn wait(&mut self, op: Op, file: &Arc<File>, how: How) -> Done {
        let limit = (!how.sleeps).then_some(Duration::ZERO);
        match op {
            // What is never the case but at the end, if it sleeps.
            Op::Poll => {
                let (none, some) = (PollFlags::empty(), PollFlags::IN);
                let all = [none, some, some | PollFlags::OUT, PollFlags::PRI];
                let events = match how.sleeps {
                    true => some,
                    false => all[self.rng.below(4)],
                };
                sys::poll(&file.fd, events, limit)
            }
            Op::Select => sys::select(&file.fd, limit),
            Op::Epoll => {
                if self.watched.len() >= WATCHED {
                    self.watched.remove(0);
                }
                let mut events = EventFlags::IN;
                events.set(EventFlags::ET, self.rng.one_in(2));
                let add = || epoll::add(&self.epoll, &file.fd, EventData::new_u64(0), events);
                let mut added = add();
                if added == Err(Errno::EXIST) {
                    // Once more, or it would not tell again what it has told.
                    sys::plain(epoll::delete(&self.epoll, &file.fd))?;
                    self.watched.retain(|it| !Arc::ptr_eq(it, file));
                    added = add();
                }
                // Nobody would wake who waits for an empty set.
                sys::plain(added)?;
                self.watched.push(file.clone());
                let mut event = [MaybeUninit::uninit()];
                let limit = limit.map(sys::timespec);
                let said = epoll::wait(&self.epoll, &mut event, limit.as_ref());
                let (found, _) = sys::plain(said)?;
                Ok(found.first().map_or(0, |it| { it.flags }.bits().into()))
            }
            _ => {
                let Some(watched) = self.watched.pop() else {
                    return Ok(0);
                };
                sys::plain(epoll::delete(&self.epoll, &watched.fd)).map(|()| 0)
            }
        }
    }
}
