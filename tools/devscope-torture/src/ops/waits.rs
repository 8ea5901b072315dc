// SPDX-License-Identifier: GPL-2.0

//! What waits for events of a file.

use super::Op;
use crate::{
    ops::files::File,
    sys::{self, Done},
    worker::{How, Worker},
};
use std::{sync::Arc, time::Duration};

/// How many files an epoll set has at most.
const WATCHED: usize = 4;

impl Worker {
    /// Waits, if it sleeps, for as long as it takes.
    pub fn wait(&mut self, op: Op, file: &Arc<File>, how: How) -> Done {
        let limit = (!how.sleeps).then_some(Duration::ZERO);
        match op {
            // What is never the case but at the end, if it sleeps.
            Op::Poll => {
                let all = [0, libc::POLLIN, libc::POLLIN | libc::POLLOUT, libc::POLLPRI];
                let events = if how.sleeps {
                    libc::POLLIN
                } else {
                    all[self.rng.below(4)]
                };
                sys::poll(&file.fd, events, limit)
            }
            Op::Select => sys::select(&file.fd, limit),
            Op::Epoll => {
                if self.watched.len() >= WATCHED {
                    self.watched.remove(0);
                }
                let edge = if self.rng.one_in(2) {
                    libc::EPOLLET as u32
                } else {
                    0
                };
                let events = libc::EPOLLIN as u32 | edge;
                let mut added = sys::epoll_ctl(&self.epoll, &file.fd, true, events);
                if added == Err(libc::EEXIST) {
                    // Once more, or it would not tell again what it has told.
                    sys::epoll_ctl(&self.epoll, &file.fd, false, 0)?;
                    self.watched.retain(|it| !Arc::ptr_eq(it, file));
                    added = sys::epoll_ctl(&self.epoll, &file.fd, true, events);
                }
                // Nobody would wake who waits for an empty set.
                added?;
                self.watched.push(file.clone());
                sys::epoll_wait(&self.epoll, if how.sleeps { -1 } else { 0 })
            }
            _ => {
                let Some(watched) = self.watched.pop() else {
                    return Ok(0);
                };
                sys::epoll_ctl(&self.epoll, &watched.fd, false, 0)
            }
        }
    }
}
