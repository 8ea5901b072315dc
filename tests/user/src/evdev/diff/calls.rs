// SPDX-License-Identifier: GPL-2.0

//! Calls with a pointer: reads and writes of events, `ioctl()`.

use super::{
    actor::Actor,
    op::{Argument, Bytes, Number, Op, Pieces},
    packets,
    plant::Plant,
};
use crate::{
    compat,
    diff::{outcome, Place, Reading, Slot, UNTOUCHED},
    evdev::{
        abi::{self, Sized, EVENT_32},
        uinput::EVENT,
    },
    events::poll_now,
};
use rustix::{
    event::PollFlags,
    io::{self, Errno},
    ioctl::Opcode,
};

/// How much memory of a read is compared.
const LOOK: usize = 9000;
/// Enables and disables signals: `FIOASYNC`.
const FIOASYNC: Opcode = 0x5452;

impl Actor {
    /// The outcome of a read or a write. After the device is gone, C still tests the size first.
    fn transferred(&self, slot: Slot, result: io::Result<usize>) -> String {
        match result {
            Err(Errno::INVAL) if self.is_gone(slot) => outcome(Err(Errno::NODEV)),
            _ => outcome(result),
        }
    }

    /// Fills the memory of a read with the value of untouched bytes.
    fn clear(&self, place: Place, len: usize) {
        self.files
            .arena
            .put(place, &vec![UNTOUCHED; len.min(LOOK) + 64]);
    }

    /// The events of this size in such memory.
    fn events(&self, slot: Slot, (place, len): (Place, usize), size: usize) -> String {
        let Some(client) = &self.clients[slot] else {
            return String::new();
        };
        let bytes = self.files.arena.get(place, len.min(LOOK) + 64);
        packets::show(&bytes, size, place.room(), client, &self.stamps)
    }

    /// Called after a read whose last events were not compared.
    fn lose_count(&self, slot: Slot, came: io::Result<usize>) {
        if let (Some(client), Err(_) | Ok(LOOK..)) = (&self.clients[slot], came) {
            client.packet.set(None);
        }
    }

    pub(super) fn read(&self, slot: Slot, pieces: &Pieces, how: Reading) -> String {
        if self.files.get(slot).is_none() {
            return String::new();
        }
        for &(place, len) in pieces {
            self.clear(place, len);
        }
        let came = match (self.plant, &pieces[..]) {
            (Some(Plant::ShortRead), &[(place, len @ 48..)]) => {
                self.files.read(slot, &[(place, len - EVENT)], how)
            }
            _ => self.files.read(slot, pieces, how),
        };
        self.stamps.look();
        let events = |piece: &(Place, usize)| self.events(slot, *piece, EVENT);
        let events: String = pieces.iter().map(events).collect();
        self.lose_count(slot, came);
        self.transferred(slot, came) + &events
    }

    pub(super) fn read_compat(&self, slot: Slot, place: Place, len: usize) -> String {
        if self.files.get(slot).is_none() {
            return String::new();
        }
        self.clear(place, len);
        let came = self.files.compat(slot, compat::Number::Read, (place, len));
        self.stamps.look();
        let events = self.events(slot, (place, len), EVENT_32);
        self.lose_count(slot, came);
        self.transferred(slot, came) + &events
    }

    pub(super) fn drain(&self, slot: Slot) -> String {
        let mut text = String::new();
        while let Some(file) = self.files.get(slot) {
            let piece = (Place::Good(0), 64 * EVENT);
            if poll_now(file, PollFlags::IN) != PollFlags::IN {
                break;
            }
            let line = self.read(slot, &vec![piece], Reading::Plain);
            text += &line;
            if line.starts_with("errno") {
                break;
            }
            text += " / ";
        }
        text
    }

    pub(super) fn write(
        &self,
        slot: Slot,
        pieces: &Pieces,
        bytes: &Bytes,
        is_compat: bool,
    ) -> String {
        if self.files.get(slot).is_none() {
            return String::new();
        }
        let mut rest = &bytes.0[..];
        for &(place, len) in pieces {
            let piece = rest.split_off(..len.min(rest.len())).unwrap_or_default();
            self.files.arena.put(place, piece);
        }
        let came = match pieces[..] {
            [piece] if is_compat => self.files.compat(slot, compat::Number::Write, piece),
            _ => self.files.write(slot, pieces),
        };
        self.transferred(slot, came)
    }

    pub(super) fn ioctl(
        &mut self,
        slot: Slot,
        number: Number,
        argument: &Argument,
        compat: bool,
    ) -> String {
        let Number(number) = number;
        if number == FIOASYNC && self.is_gone(slot) {
            return String::new();
        }
        let text = match argument {
            Argument::At(place, Bytes(bytes)) => {
                let text = self.files.ioctl(slot, number, *place, bytes, compat);
                without_half_numbers(number, text)
            }
            Argument::Number(value) => {
                let came = self.files.ioctl_with(slot, number, *value as usize, compat);
                self.files
                    .get(slot)
                    .map_or(String::new(), |_| outcome(came))
            }
        };
        if let (Some(client), true) = (&self.clients[slot], text == "0") {
            match (number, argument) {
                (abi::REVOKE, _) => {
                    client.revoked.set(true);
                    self.revoked = true;
                }
                (abi::SET_CLOCK, Argument::At(_, Bytes(bytes))) => {
                    let clock = bytes[..4].try_into().expect("four bytes");
                    client.clock.set(i32::from_ne_bytes(clock));
                }
                _ => (),
            }
        }
        text
    }

    pub(super) fn mask(&self, op: &Op) -> String {
        let Op::Mask {
            slot,
            set,
            kind,
            size,
            codes,
            bytes: Bytes(bytes),
            compat,
        } = op
        else {
            unreachable!("it is one");
        };
        let arena = &self.files.arena;
        arena.prepare(*codes, bytes);
        // After all memory that is compared there.
        let header = Place::Good(7000);
        let mut mask = [*kind, *size].map(u32::to_ne_bytes).concat();
        mask.extend(arena.address(*codes, *compat).to_ne_bytes());
        arena.put(header, &mask);
        let number = if *set { abi::SET_MASK } else { abi::GET_MASK };
        let argument = arena.address(header, *compat);
        let came = self.files.ioctl_with(*slot, number, argument, *compat);
        outcome(came) + &arena.changes(*codes, bytes)
    }
}

/// The outcome of an `ioctl()` that writes numbers. C does not write a number that crosses the end
/// of writable memory; ours writes its first part.
fn without_half_numbers(number: Opcode, text: String) -> String {
    let numbers = [
        abi::GET_VERSION,
        abi::GET_REPEAT,
        abi::GET_EFFECTS,
        abi::GET_KEYCODE,
        Sized::Slots.get(0),
        abi::resized(abi::SEND_EFFECT, 0),
    ];
    let failed = text.strip_prefix("errno 14 ").is_some();
    let number = |&it: &Opcode| it == number || it == abi::resized(number, 0);
    match failed && numbers.iter().any(number) {
        true => outcome(Err(Errno::FAULT)),
        false => text,
    }
}
