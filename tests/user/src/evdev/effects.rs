// SPDX-License-Identifier: GPL-2.0

//! Force feedback: a client's effects, and the owner of a uinput device, which must accept each.

use super::{abi, Uinput};
use crate::{
    pages::{ioctl_number, Pages},
    sleeper::Sleeper,
};
use evdev::{EventType, FFEffectCode, UInputCode};
use libc::{uinput_ff_erase, uinput_ff_upload};
use rustix::{
    event::{eventfd, poll, EventfdFlags, PollFd, PollFlags},
    fd::{AsFd, OwnedFd},
    io::{self, Errno},
    ioctl::{ioctl, opcode, Opcode, Setter, Updater},
};
use std::sync::Arc;

const GROUP: u8 = b'U';
const BEGIN_UPLOAD: Opcode = opcode::read_write::<uinput_ff_upload>(GROUP, 200);
const END_UPLOAD: Opcode = opcode::write::<uinput_ff_upload>(GROUP, 201);
const BEGIN_ERASE: Opcode = opcode::read_write::<uinput_ff_erase>(GROUP, 202);
const END_ERASE: Opcode = opcode::write::<uinput_ff_erase>(GROUP, 203);

/// A new rumble effect for `EVIOCSFF`: its type, the number -1, and zeros.
pub fn rumble() -> [u8; 4] {
    let [low, high] = FFEffectCode::FF_RUMBLE.0.to_ne_bytes();
    [low, high, 0xff, 0xff]
}

/// Uploads a new effect. Returns its number.
///
/// # Errors
///
/// Those of the handler and of the device's owner.
pub fn upload(fd: impl AsFd) -> io::Result<i16> {
    let pages = Pages::fresh(1);
    pages.set(0, &rumble());
    pages.ioctl(fd, abi::SEND_EFFECT, 0)?;
    let id = pages.get(2, 2);
    Ok(i16::from_ne_bytes([id[0], id[1]]))
}

/// Erases an effect.
///
/// # Errors
///
/// Those of the handler and of the device's owner.
pub fn erase(fd: impl AsFd, id: i16) -> io::Result<()> {
    ioctl_number(fd, abi::REMOVE_EFFECT, id as u16).map(drop)
}

/// A request to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// To keep a new effect, with the number of the request.
    Upload(u32),
    /// To erase one, with the number of the request.
    Erase(u32),
}

/// Reads the next request to a device, and does not answer it. Skips other events.
///
/// # Errors
///
/// EAGAIN if there is none, ENODEV if the device was destroyed.
pub fn next_request(device: &Uinput) -> io::Result<Request> {
    loop {
        let (kind, code, value) = device.receive()?;
        if kind != EventType::UINPUT.0 {
            continue;
        }
        return match UInputCode(code) {
            UInputCode::UI_FF_UPLOAD => Ok(Request::Upload(value as u32)),
            UInputCode::UI_FF_ERASE => Ok(Request::Erase(value as u32)),
            _ => continue,
        };
    }
}

/// Accepts a request. Returns the number of the effect.
///
/// # Errors
///
/// EINVAL if no task waits for it any more, ENODEV if the device was destroyed.
pub fn agree(device: &Uinput, request: Request) -> io::Result<u32> {
    match request {
        Request::Upload(request_id) => {
            // SAFETY: All zeros are a valid `uinput_ff_upload`.
            let mut upload: uinput_ff_upload = unsafe { std::mem::zeroed() };
            upload.request_id = request_id;
            // SAFETY: The number says that a `uinput_ff_upload` is read and written.
            unsafe { ioctl(device, Updater::<BEGIN_UPLOAD, _>::new(&mut upload)) }?;
            upload.retval = 0;
            let id = upload.effect.id as u32;
            // SAFETY: The number says that a `uinput_ff_upload` is read.
            unsafe { ioctl(device, Setter::<END_UPLOAD, _>::new(upload)) }?;
            Ok(id)
        }
        Request::Erase(request_id) => {
            let mut erase = uinput_ff_erase {
                request_id,
                retval: 0,
                effect_id: 0,
            };
            // SAFETY: The number says that a `uinput_ff_erase` is read and written.
            unsafe { ioctl(device, Updater::<BEGIN_ERASE, _>::new(&mut erase)) }?;
            erase.retval = 0;
            let id = erase.effect_id;
            // SAFETY: The number says that a `uinput_ff_erase` is read.
            unsafe { ioctl(device, Setter::<END_ERASE, _>::new(erase)) }?;
            Ok(id)
        }
    }
}

/// The requests that the owner of a device has accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// The numbers of the effects that were uploaded.
    pub uploads: Vec<u32>,
    /// The numbers of the effects that were erased.
    pub erases: Vec<u32>,
}

/// An owner that accepts all requests, in a separate thread.
pub struct Owner {
    stop: Arc<OwnedFd>,
    thread: Sleeper<Agreed>,
}

impl Owner {
    /// Starts the thread for a device.
    pub fn of(device: Arc<Uinput>) -> Self {
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).expect("eventfd"));
        let stopped = stop.clone();
        let thread = Sleeper::start("the owner of a device", move || serve(&device, &stopped));
        Self { stop, thread }
    }

    /// Ends the thread. Returns the requests that it accepted.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn end(self) -> Agreed {
        io::write(&*self.stop, &1u64.to_ne_bytes()).expect("eventfd");
        self.thread.result()
    }
}

fn serve(device: &Uinput, stop: &OwnedFd) -> Agreed {
    let mut agreed = Agreed::default();
    loop {
        // Requests that came before the end are answered.
        let mut fds = [
            PollFd::new(device, PollFlags::IN),
            PollFd::new(stop, PollFlags::IN),
        ];
        poll(&mut fds, None).expect("poll");
        let stopped = !fds[1].revents().is_empty();
        loop {
            match next_request(device) {
                Ok(request) => {
                    let Ok(id) = agree(device, request) else {
                        continue;
                    };
                    match request {
                        Request::Upload(_) => agreed.uploads.push(id),
                        Request::Erase(_) => agreed.erases.push(id),
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(_) => return agreed,
            }
        }
        if stopped {
            return agreed;
        }
    }
}
