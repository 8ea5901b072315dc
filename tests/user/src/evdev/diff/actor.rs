// SPDX-License-Identifier: GPL-2.0

//! Makes the calls of sequences, and writes down what comes out.

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

/// What `poll()` says of a file whose device is gone although nothing can be read: C says it of
/// events that nobody has read, and ours does not.
const READABLE: u32 = (libc::POLLIN | libc::POLLRDNORM) as u32;

/// The signal of a file that is asynchronous.
const SIGNAL: i32 = 40;

/// Who makes the calls. It has devices for itself.
pub struct Actor {
    pub(super) files: Files,
    pub(super) clients: [Option<Rc<Client>>; SLOTS],
    pub(super) stamps: Stamps,
    signals: Pending,
    device: Option<(u64, Device)>,
    node: PathBuf,
    /// It has been destroyed.
    gone: bool,
    step: usize,
    /// A file was revoked. In ours, the device is closed then if that was the last file; in C, when
    /// the file is closed. So it is told of that at another time.
    pub(super) revoked: bool,
    pub(super) plant: Option<Plant>,
}

impl Actor {
    /// One with a number: those at the same time have different ones.
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

    /// The same, with something that goes wrong.
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

    /// What comes out of each call of a sequence. The sequences of a batch have to be played one after
    /// the other.
    ///
    /// # Panics
    ///
    /// If there can be no device.
    pub fn play(&mut self, seed: u64, number: u64) -> Vec<String> {
        self.start(number);
        let mut lines = Vec::new();
        for (step, op) in calls(seed, number).iter().enumerate() {
            self.step = step;
            lines.push(self.call(op));
        }
        // How it ends is part of it: the device may be told of that.
        lines.push(self.end());
        lines
    }

    /// Lets go of the device.
    pub fn finish(&mut self) {
        self.device = None;
    }

    /// Has a device for a sequence.
    fn start(&mut self, number: u64) {
        let batch = batch(number);
        let kept = !self.gone && matches!(&self.device, Some((of, _)) if *of == batch);
        if !kept {
            // There is one module.
            self.device = None;
            let device = Device::new(Kind::of(number));
            self.node = device.node();
            // Keys repeat later than any sequence lasts.
            let never = [(20, 0, 0), SYN_REPORT];
            device.inject(&never, None).expect("a device that is there");
            self.device = Some((batch, device));
            self.gone = false;
        }
        let device = self.device();
        // The end of the last packet of all.
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

    /// What the device was told.
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

    /// Makes a call for which the device may be asked.
    fn during<T>(&mut self, refuses: bool, call: impl FnOnce(&mut Self) -> T) -> (T, String) {
        let device = self.device.take();
        let (_, of) = device.as_ref().expect("a device");
        let result = of.during(refuses, || call(self));
        self.device = device;
        result
    }

    fn call(&mut self, op: &Op) -> String {
        if let Op::Open { slot, .. } = op {
            // What was open there is closed first: uinput remembers what it is told by one of the two.
            let slot = *slot;
            let closed = self.call(&Op::Any(Call::Close { slot }));
            return closed + &self.make(op) + &self.told();
        }
        let mut text = match self.asks(op) {
            true => {
                // What was refused must be removed some other time: before the file is closed.
                let refuses = is_removal(op) && self.step.is_multiple_of(4);
                let (text, asked) = self.during(refuses, |this| this.make(op));
                // What it was told before it was asked is in there.
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

    /// Whether a call may have the device be asked for something.
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
            // Another device may have its name by now.
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

    /// An `ioctl()` that nobody is told of.
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
            // Signals may have been turned on since, or not.
            Call::Info { slot } if self.is_gone(slot) => return String::new(),
            _ => (),
        }
        self.files.call(call)
    }

    /// Whether nothing can be done with a file any more.
    pub(super) fn is_gone(&self, slot: Slot) -> bool {
        let revoked = |client: &Rc<Client>| client.revoked.get();
        self.clients[slot]
            .as_ref()
            .is_some_and(|client| self.gone || revoked(client))
    }

    /// Signals can be turned on of a file whose device is gone in C, and cannot in ours.
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

/// Whether a call may have the device be told something.
fn tells(op: &Op) -> bool {
    match op {
        Op::Any(call) => matches!(call, Call::Close { .. } | Call::Dup { .. }),
        Op::Read { .. } | Op::ReadCompat { .. } | Op::Drain { .. } => false,
        Op::Mask { .. } | Op::Destroy => false,
        _ => true,
    }
}
