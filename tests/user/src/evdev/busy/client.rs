// SPDX-License-Identifier: GPL-2.0

//! A client that does one random thing after another.

use super::calls::{Hands, Kind};
use crate::session::Session;
use libc::pid_t;
use rustix::io::{Errno, Result};
use std::{path::PathBuf, thread, time::Duration};

/// A client.
pub struct Client {
    /// Its file, and what came out so far.
    pub session: Session,
    hands: Hands,
}

impl Client {
    /// A client. If it is not patient it opens with `O_NONBLOCK`. SIGIO goes to `listener`.
    pub fn new(patient: bool, seed: u64, listener: pid_t) -> Self {
        Self {
            session: Session::new(patient, seed).by_call(),
            hands: Hands::new(listener),
        }
    }

    /// Does one thing: with its file, or else opens one of `nodes`.
    pub fn step(&mut self, nodes: impl FnOnce() -> Vec<PathBuf>) {
        let session = &mut self.session;
        let Some(file) = session.take() else {
            let nodes = nodes();
            return match nodes.is_empty() {
                true => thread::sleep(Duration::from_millis(1)),
                false => {
                    let at = session.random.below(nodes.len() as u64) as usize;
                    // See below.
                    session.open(&nodes[at], &[Errno::INTR]);
                }
            };
        };
        if session.is_enough(4, 40) {
            return;
        }
        let (what, result) = self.hands.call(&file, &mut session.random);
        self.judge(what, result);
        self.session.keep(file);
    }

    fn judge(&mut self, what: Kind, result: Result<()>) {
        let session = &mut self.session;
        match (what, result) {
            // They have nothing to do with the device.
            ("mmap", Err(Errno::NODEV)) | ("seek", Err(Errno::SPIPE))
            // C has it be set and reset for ever.
            | ("fcntl", Ok(()))
            // What a ring has put off until now interrupts it.
            | (_, Err(Errno::INTR))
            // It has to be agreed to by somebody who goes before the device does.
            | ("effect", Err(Errno::NODEV)) => return session.count(what, result),
            ("revoke", Ok(())) if !session.gone => {
                session.gone = true;
                return session.count(what, result);
            }
            ("mmap" | "seek", Ok(())) => {
                session.count(what, result);
                return session.wrong(what, result);
            }
            _ => {}
        }
        let impatient = session.is_impatient();
        session.judge(what, result, |error| match (what, error) {
            ("read" | "readv" | "io_uring", Errno::AGAIN) => impatient,
            ("grab", Errno::BUSY) | ("ungrab", Errno::INVAL) => true,
            ("effect", Errno::NOSPC | Errno::INVAL | Errno::ACCESS | Errno::NOSYS) => true,
            // No repeat, no slots, no name of a place; a keymap that cannot be changed.
            ("ioctl" | "compat ioctl", Errno::INVAL | Errno::NOSYS | Errno::NOENT) => true,
            _ => false,
        });
    }
}
