// SPDX-License-Identifier: GPL-2.0

//! Makes the calls of sequences, and records the outcomes.

use super::{
    client::Client,
    device::Device,
    draw::calls,
    kind::{batch, Kind},
    op::{Number, Op, SLOTS},
    plant::Plant,
    stamps::Stamps,
};
use crate::{
    device,
    diff::{outcome, Arena, Call, Files, Place, Slot},
    evdev::{
        abi,
        uinput::{Event, SYN_REPORT},
    },
    signal::Pending,
};
use rustix::{fs::OFlags, ioctl::Opcode};
use std::{path::PathBuf, rc::Rc};

/// Events that C's `poll()` returns for unread events after the device is gone, although `read()`
/// fails. Ours does not.
const READABLE: u32 = (libc::POLLIN | libc::POLLRDNORM) as u32;

/// The signal of an asynchronous file.
const SIGNAL: i32 = 40;

/// Makes the calls. It has its own devices.
pub struct Actor {
    pub(super) files: Files,
    pub(super) clients: [Option<Rc<Client>>; SLOTS],
    pub(super) stamps: Stamps,
    signals: Pending,
    device: Option<(u64, Device)>,
    node: PathBuf,
    /// The device was destroyed.
    gone: bool,
    step: usize,
    /// A file was revoked. Ours then closes the device if this was the last file; C's does when the
    /// file is closed. So the device gets its events at different times.
    pub(super) revoked: bool,
    pub(super) plant: Option<Plant>,
}

impl Actor {
    /// Creates an actor with a number, which must be unique at a time.
    ///
    /// # Panics
    ///
    /// If there is no memory.
    pub fn new(number: usize) -> Self {
        Self {
            files: Files::new(SLOTS, Arena::new(number), READABLE),
            clients: [const { None }; SLOTS],
            stamps: Stamps::now(),
            signals: Pending::block(&[SIGNAL, libc::SIGIO]),
            device: None,
            node: PathBuf::new(),
            gone: true,
            step: 0,
            revoked: false,
            plant: None,
        }
    }

    /// The same, with a planted difference.
    ///
    /// # Panics
    ///
    /// If there is no memory.
    pub fn with(number: usize, plant: Plant) -> Self {
        Self {
            plant: Some(plant),
            ..Self::new(number)
        }
    }

    /// The outcome of each call of a sequence. The sequences of a batch must be played in order.
    ///
    /// # Panics
    ///
    /// If no device can be created.
    pub fn play(&mut self, seed: u64, number: u64) -> Vec<String> {
        self.start(number);
        let mut lines = Vec::new();
        for (step, op) in calls(seed, number).iter().enumerate() {
            self.step = step;
            lines.push(self.call(op));
        }
        // The end is part of the outcome, since the device may get events from it.
        lines.push(self.end());
        lines
    }

    /// Drops the device.
    pub fn finish(&mut self) {
        self.device = None;
    }

    /// Provides a device for a sequence.
    fn start(&mut self, number: u64) {
        let batch = batch(number);
        let kept = !self.gone && matches!(&self.device, Some((of, _)) if *of == batch);
        if !kept {
            // The module can be loaded only once.
            self.device = None;
            let device = Device::new(Kind::of(number));
            self.node = device.node();
            // The repeat delay is longer than any sequence.
            let never = [(20, 0, 0), SYN_REPORT];
            device.inject(&never, None).expect("a device that is there");
            self.device = Some((batch, device));
            self.gone = false;
        }
        let device = self.device();
        // End an unfinished packet of the previous sequence.
        device
            .inject(&[SYN_REPORT], None)
            .expect("a device that is there");
        device.told();
        self.revoked = false;
        self.stamps.restart();
    }

    fn end(&mut self) -> String {
        let ((), asked) = self.during(false, |this| this.files.clear());
        let mut text = if self.revoked { String::new() } else { asked };
        self.clients = [const { None }; SLOTS];
        text += &self.told();
        text + &self.signals.take()
    }

    /// The events that the device got.
    fn told(&self) -> String {
        let text = self.device().told();
        if self.revoked {
            String::new()
        } else {
            text
        }
    }

    fn device(&self) -> &Device {
        &self.device.as_ref().expect("a device").1
    }

    /// Makes a call that may send a request to the device.
    fn during<T>(&mut self, refuses: bool, call: impl FnOnce(&mut Self) -> T) -> (T, String) {
        let device = self.device.take();
        let (_, of) = device.as_ref().expect("a device");
        let result = of.during(refuses, || call(self));
        self.device = device;
        result
    }

    fn call(&mut self, op: &Op) -> String {
        if let Op::Open { slot, .. } = op {
            // Close the old file first: uinput would mix the events of both.
            let slot = *slot;
            let closed = self.call(&Op::Any(Call::Close { slot }));
            return closed + &self.make(op) + &self.told();
        }
        let mut text = match self.asks(op) {
            true => {
                // If a removal was refused, a later one must succeed before the file is closed.
                let refuses = is_removal(op) && self.step.is_multiple_of(4);
                let (text, asked) = self.during(refuses, |this| this.make(op));
                // The text includes the events that came before the request.
                text + if self.revoked { "" } else { &asked }
            }
            false => self.make(op),
        };
        if tells(op) {
            text += &self.told();
        }
        if self
            .clients
            .iter()
            .flatten()
            .any(|it| it.asynchronous.get())
        {
            text += &self.signals.take();
        }
        text
    }

    /// Whether a call may send a request to the device.
    fn asks(&self, op: &Op) -> bool {
        let is_open = |slot: Slot| self.files.get(slot).is_some();
        match *op {
            Op::Any(Call::Close { slot } | Call::Dup { to: slot, .. }) => is_open(slot),
            Op::Ioctl { slot, number, .. } => {
                let (group, number, _) = abi::parts(number.0);
                is_open(slot) && group == abi::GROUP && matches!(number, 0x80 | 0x81 | 0x91)
            }
            _ => false,
        }
    }

    fn make(&mut self, op: &Op) -> String {
        match op {
            Op::Open { slot, flags } => self.open(*slot, *flags),
            Op::Any(call) => self.any(call),
            Op::Inject { events, stamp } => self.inject(events, *stamp),
            Op::Read { slot, pieces, how } => self.read(*slot, pieces, *how),
            Op::ReadCompat { slot, place, len } => self.read_compat(*slot, *place, *len),
            Op::Drain { slot } => self.drain(*slot),
            Op::Write {
                slot,
                pieces,
                bytes,
                compat,
            } => self.write(*slot, pieces, bytes, *compat),
            Op::Ioctl {
                slot,
                number,
                argument,
                compat,
            } => self.ioctl(*slot, *number, argument, *compat),
            Op::Mask { slot, .. } if self.files.get(*slot).is_none() => String::new(),
            Op::Mask { .. } => self.mask(op),
            Op::Destroy => {
                self.gone = true;
                outcome(self.device().destroy().map(|()| 0))
            }
        }
    }

    fn open(&mut self, slot: Slot, flags: i32) -> String {
        if self.gone {
            // Another device may have the name now.
            return String::new();
        }
        let opened = device::open(&self.node, OFlags::from_bits_retain(flags as u32));
        let text = outcome(opened.as_ref().map(|_| 0).map_err(|e| *e));
        self.clients[slot] = opened.is_ok().then(|| Rc::new(Client::new()));
        self.files.put(slot, opened.ok());
        match self.plant {
            Some(Plant::WrongClock) => self.set_up(slot, abi::SET_CLOCK, &1u32.to_ne_bytes()),
            Some(Plant::WrongFilter) => {
                let kinds = self
                    .files
                    .arena
                    .address(Place::Good(64), false)
                    .to_ne_bytes();
                self.files
                    .arena
                    .put(Place::Good(64), &(!2u64).to_ne_bytes());
                let mask = [&[0, 0, 0, 0, 8, 0, 0, 0], &kinds[..]].concat();
                self.set_up(slot, abi::SET_MASK, &mask);
            }
            _ => (),
        }
        text
    }

    /// An `ioctl()` that is not recorded.
    fn set_up(&self, slot: Slot, number: Opcode, bytes: &[u8]) {
        self.files.arena.put(Place::Good(0), bytes);
        let argument = self.files.arena.address(Place::Good(0), false);
        let _ = self.files.ioctl_with(slot, number, argument, false);
    }

    fn any(&mut self, call: &Call) -> String {
        match *call {
            Call::Close { slot } => self.clients[slot] = None,
            Call::Dup { slot, to } if self.files.get(slot).is_some() => {
                self.clients[to] = self.clients[slot].clone();
            }
            Call::Flags { slot, flags } => return self.set_flags(slot, flags),
            // The flag for signals may differ: see `set_flags()`.
            Call::Info { slot } if self.is_gone(slot) => return String::new(),
            _ => (),
        }
        self.files.call(call)
    }

    /// Whether a file is cut off.
    pub(super) fn is_gone(&self, slot: Slot) -> bool {
        let revoked = |client: &Rc<Client>| client.revoked.get();
        self.clients[slot]
            .as_ref()
            .is_some_and(|client| self.gone || revoked(client))
    }

    /// After the device is gone, C still enables signals of a file, and ours does not.
    fn set_flags(&mut self, slot: Slot, flags: i32) -> String {
        let (Some(client), Some(file)) = (&self.clients[slot], self.files.get(slot)) else {
            return String::new();
        };
        if self.is_gone(slot) && (flags & libc::O_ASYNC != 0 || client.asynchronous.get()) {
            return String::new();
        }
        let client = client.clone();
        if flags & libc::O_ASYNC != 0 {
            self.signals.own(file, SIGNAL);
        }
        let text = self.files.call(&Call::Flags { slot, flags });
        client.asynchronous.set(flags & libc::O_ASYNC != 0);
        text
    }

    fn inject(&self, events: &[Event], stamp: Option<u16>) -> String {
        if self.gone {
            return String::new();
        }
        let time = stamp.map(|stamp| self.stamps.given(stamp));
        let events = match self.plant {
            Some(Plant::LostEvent) => events.get(1..).unwrap_or_default(),
            _ => events,
        };
        outcome(self.device().inject(events, time).map(|()| 0))
    }
}

fn is_removal(op: &Op) -> bool {
    matches!(
        op,
        Op::Ioctl {
            number: Number(abi::REMOVE_EFFECT),
            ..
        }
    )
}

/// Whether a call may send events to the device.
fn tells(op: &Op) -> bool {
    match op {
        Op::Any(call) => matches!(call, Call::Close { .. } | Call::Dup { .. }),
        Op::Read { .. } | Op::ReadCompat { .. } | Op::Drain { .. } => false,
        Op::Mask { .. } | Op::Destroy => false,
        _ => true,
    }
}
