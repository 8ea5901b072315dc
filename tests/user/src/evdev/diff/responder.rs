// SPDX-License-Identifier: GPL-2.0

//! Answers the force feedback requests of a uinput device: the calls sleep until then.

use super::device::show;
use crate::{
    evdev::{
        abi::EFFECT,
        uinput::{decode, Uinput, EVENT},
    },
    pages::result,
};
use rustix::{
    event::{eventfd, poll, EventfdFlags, PollFd, PollFlags},
    fd::{AsFd, AsRawFd, OwnedFd},
    io::{self, fcntl_dupfd_cloexec, Errno},
    ioctl::{opcode, Opcode},
};
use std::{
    sync::mpsc::{channel, Receiver, Sender},
    thread::{self, JoinHandle},
};

/// `EV_UINPUT`, with the codes `UI_FF_UPLOAD` and `UI_FF_ERASE`.
const ASKED: u16 = 0x0101;
const UPLOAD: u16 = 1;
const ERASE: u16 = 2;

/// `struct uinput_ff_upload`, with the effect, and the one that it replaces.
type Upload = [u8; 8 + 2 * EFFECT];
/// `struct uinput_ff_erase`
type Erase = [u8; 12];
const BEGIN_UPLOAD: Opcode = opcode::read_write::<Upload>(b'U', 200);
const END_UPLOAD: Opcode = opcode::write::<Upload>(b'U', 201);
const BEGIN_ERASE: Opcode = opcode::read_write::<Erase>(b'U', 202);
const END_ERASE: Opcode = opcode::write::<Erase>(b'U', 203);

/// A thread that reads events only during a call: so which events it leaves is reproducible.
#[derive(Debug)]
pub struct Responder {
    begin: Option<Sender<bool>>,
    end: OwnedFd,
    said: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Responder {
    /// Creates the thread for a device.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn new(uinput: &Uinput) -> Self {
        let uinput = fcntl_dupfd_cloexec(uinput, 0).expect("dup");
        let end = eventfd(0, EventfdFlags::CLOEXEC).expect("eventfd");
        let ended = fcntl_dupfd_cloexec(&end, 0).expect("dup");
        let (begin, begun) = channel();
        let (say, said) = channel();
        let thread = thread::spawn(move || {
            for refuses in begun {
                if say.send(answer(&uinput, &ended, refuses)).is_err() {
                    break;
                }
            }
        });
        Self {
            begin: Some(begin),
            end,
            said,
            thread: Some(thread),
        }
    }

    /// Answers during a call. If `refuses`, refuses to remove effects. Also returns the requests
    /// and events.
    ///
    /// # Panics
    ///
    /// If the thread has panicked.
    pub fn during<T>(&self, refuses: bool, call: impl FnOnce() -> T) -> (T, String) {
        let begin = self.begin.as_ref().expect("a thread");
        begin.send(refuses).expect("a thread");
        let value = call();
        io::write(&self.end, &1u64.to_ne_bytes()).expect("eventfd");
        (value, self.said.recv().expect("a thread"))
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.begin = None;
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            eprintln!("the responder has panicked");
        }
    }
}

/// Answers until `ended` is readable. Returns the requests and events.
fn answer(uinput: &OwnedFd, ended: &OwnedFd, refuses: bool) -> String {
    let mut text = String::new();
    loop {
        let mut fds = [
            PollFd::new(uinput, PollFlags::IN),
            PollFd::new(ended, PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Err(Errno::INTR) => continue,
            result => result.expect("poll"),
        };
        let over = fds[1].revents().contains(PollFlags::IN);
        let mut bytes = [0; EVENT];
        while io::read(uinput, &mut bytes) == Ok(EVENT) {
            text += &match decode(&bytes) {
                (ASKED, UPLOAD, id) => upload(uinput, id),
                (ASKED, ERASE, id) => erase(uinput, id, refuses),
                event => show(event),
            };
        }
        if over {
            io::read(ended, &mut [0; 8]).expect("eventfd");
            return text;
        }
    }
}

/// Accepts most effects.
fn upload(uinput: &OwnedFd, id: i32) -> String {
    let mut request: Upload = [0; 8 + 2 * EFFECT];
    request[..4].copy_from_slice(&id.to_ne_bytes());
    if let Err(error) = ask(uinput, BEGIN_UPLOAD, &mut request) {
        return format!(" <upload: {error}>");
    }
    let effect = &request[8..8 + EFFECT];
    // The length of the effect determines the answer.
    let answer = match effect[10] % 8 {
        0 => -Errno::NOMEM.raw_os_error(),
        1 => -Errno::BUSY.raw_os_error(),
        _ => 0,
    };
    let text: String = request[8..]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    request[4..8].copy_from_slice(&answer.to_ne_bytes());
    let ended = ask(uinput, END_UPLOAD, &mut request);
    format!(" <upload {text}: {answer} {ended:?}>")
}

fn erase(uinput: &OwnedFd, id: i32, refuses: bool) -> String {
    let mut request: Erase = [0; 12];
    request[..4].copy_from_slice(&id.to_ne_bytes());
    if let Err(error) = ask(uinput, BEGIN_ERASE, &mut request) {
        return format!(" <erase: {error}>");
    }
    let effect = request[8];
    let answer = if refuses {
        -Errno::IO.raw_os_error()
    } else {
        0
    };
    request[4..8].copy_from_slice(&answer.to_ne_bytes());
    let ended = ask(uinput, END_ERASE, &mut request);
    format!(" <erase {effect}: {answer} {ended:?}>")
}

/// An `ioctl()` for which `bytes` are read and written.
fn ask(uinput: &OwnedFd, number: Opcode, bytes: &mut [u8]) -> io::Result<()> {
    assert_eq!((number >> 16) as usize & 0x3fff, bytes.len());
    let fd = uinput.as_fd().as_raw_fd();
    // SAFETY: `bytes` has the size that the number contains, which is read and written.
    result(unsafe { libc::ioctl(fd, number.into(), bytes.as_mut_ptr()) } as isize).map(drop)
}
