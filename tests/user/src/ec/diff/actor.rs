// SPDX-License-Identifier: GPL-2.0

//! Makes the calls of sequences, and records the outcomes.

use super::{
    draw::sequence,
    op::{Op, NODES, SLOTS},
};
use crate::{
    device,
    diff::{outcome, Arena, Files, Place, Slot},
    ec::{run, testec::raise, Cell, Step, TestEc, EVENT_MASK, READ_MEMORY, TRANSFER},
    events::poll_now,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{self, Errno},
};
use std::path::Path;

/// Makes the calls. It needs exclusive use of the controller.
pub struct Actor {
    files: Files,
    cells: [(Cell, bool); 2],
    /// The file for the script, which is open while its node exists.
    control: Option<OwnedFd>,
    raiser: OwnedFd,
}

impl Actor {
    /// For the controller `ec`.
    ///
    /// # Panics
    ///
    /// If it is not bound.
    pub fn new(ec: &TestEc) -> Self {
        Self {
            // C reports only HUP, and ours also ERR.
            files: Files::new(SLOTS, Arena::new(0), libc::POLLERR as u32),
            cells: NODES.map(|node| (ec.cell(node), true)),
            control: None,
            raiser: TestEc::raiser().expect("testec/raise"),
        }
    }

    /// The outcome of each call of a sequence.
    ///
    /// # Panics
    ///
    /// If the controller cannot be reset.
    pub fn play(&mut self, seed: u64, number: u64) -> Vec<String> {
        self.reset();
        sequence(seed, number)
            .iter()
            .map(|op| self.call(op))
            .collect()
    }

    /// Resets the controller to its state after power-on, and closes all files.
    fn reset(&mut self) {
        self.files.clear();
        (0..NODES.len()).for_each(|node| _ = self.bind(node));
        // Failures that the last sequence has scripted may still be pending.
        let mut tries = (0..10).map(|_| self.script(&Step::Reset));
        assert!(tries.any(|said| said == "0"), "the controller is not reset");
    }

    fn call(&mut self, op: &Op) -> String {
        match op {
            Op::Open { slot, node, flags } => self.open(*slot, *node, *flags),
            Op::Any(call) => self.files.call(call),
            Op::Transfer {
                slot,
                place,
                header,
                data,
                compat,
            } => self.transfer(*slot, *place, *header, data, *compat),
            Op::ReadMemory {
                slot,
                place,
                offset,
                bytes,
                compat,
            } => self.read_memory(*slot, *place, *offset, *bytes, *compat),
            Op::Mask { slot, mask, compat } => self.mask(*slot, *mask, *compat),
            Op::Ioctl {
                slot,
                number,
                place,
                compat,
            } => self.files.ioctl(*slot, *number, *place, &[], *compat),
            Op::Read { slot, pieces, how } => {
                for (place, _) in pieces {
                    self.files.arena.prepare(*place, &[]);
                }
                let came = self.of(*slot, self.files.read(*slot, pieces, *how));
                let changes = |(place, _): &(Place, usize)| self.files.arena.changes(*place, &[]);
                came + &pieces.iter().map(changes).collect::<String>()
            }
            Op::Write { slot, pieces } => {
                let pieces = vec![(Place::Good(0), 4); *pieces];
                self.of(*slot, self.files.write(*slot, &pieces))
            }
            _ => self.call_without_pointer(op),
        }
    }

    fn call_without_pointer(&mut self, op: &Op) -> String {
        match *op {
            Op::Fail { count, result } => self.script(&Step::Fail { count, result }),
            Op::Memory { offset, ref data } => self.script(&Step::Memory { offset, data }),
            Op::Raise {
                kind,
                ref data,
                times,
            } => self.raise(kind, data, times),
            Op::Drain { slot } => self.drain(slot),
            Op::Unbind { node } => self.unbind(node),
            Op::Bind { node } => self.bind(node),
            _ => unreachable!("a call with a pointer"),
        }
    }

    /// The outcome of a call, or nothing if the slot is empty.
    fn of(&self, slot: Slot, result: io::Result<usize>) -> String {
        self.files
            .get(slot)
            .map_or(String::new(), |_| outcome(result))
    }

    fn transfer(
        &self,
        slot: Slot,
        place: Place,
        header: [u32; 5],
        data: &[u8],
        compat: bool,
    ) -> String {
        let mut bytes = header.map(u32::to_ne_bytes).concat();
        bytes.extend(data);
        self.files.ioctl(slot, TRANSFER, place, &bytes, compat)
    }

    fn read_memory(
        &self,
        slot: Slot,
        place: Place,
        offset: u32,
        bytes: u32,
        compat: bool,
    ) -> String {
        let request = [offset, bytes].map(u32::to_ne_bytes).concat();
        self.files.ioctl(slot, READ_MEMORY, place, &request, compat)
    }

    fn mask(&self, slot: Slot, mask: u64, compat: bool) -> String {
        let came = self
            .files
            .ioctl_with(slot, EVENT_MASK, mask as usize, compat);
        self.of(slot, came)
    }

    /// Reads all events, without blocking.
    fn drain(&mut self, slot: Slot) -> String {
        let mut text = String::new();
        while let Some(file) = self.files.get(slot) {
            let events = poll_now(file, PollFlags::IN);
            if events != PollFlags::IN {
                break;
            }
            let mut bytes = [0; 32];
            let came = io::read(file, &mut bytes);
            match came {
                Ok(len) if len > 0 => {
                    text += &format!("{:02x}+{}:{:02x} ", bytes[0], len - 1, bytes[len - 1]);
                }
                // The file has no events; or read() fails although poll() reported one.
                other => return text + &outcome(other),
            }
        }
        text
    }

    fn open(&mut self, slot: Slot, node: usize, flags: i32) -> String {
        let path = Path::new("/dev").join(NODES[node]);
        let opened = device::open(&path, OFlags::from_bits_retain(flags as u32));
        let text = outcome(opened.as_ref().map(|_| 0).map_err(|e| *e));
        self.files.put(slot, opened.ok());
        text
    }

    fn script(&mut self, step: &Step<'_>) -> String {
        if self.control.is_none() {
            let node = Path::new("/dev").join(NODES[0]);
            self.control = device::open(&node, OFlags::RDWR).ok();
        }
        let result = self.control.as_ref().map(|file| run(file, step));
        outcome(result.unwrap_or(Err(Errno::NOENT)).map(|()| 0))
    }

    fn raise(&self, kind: u8, data: &[u8], times: u16) -> String {
        let all = (0..times).try_for_each(|_| raise(&self.raiser, kind, data));
        outcome(all.map(|()| 0))
    }

    fn unbind(&mut self, node: usize) -> String {
        let (cell, bound) = &mut self.cells[node];
        if !std::mem::replace(bound, false) {
            return String::new();
        }
        if node == 0 {
            self.control = None;
        }
        outcome(cell.try_unbind().0.map(|()| 0))
    }

    fn bind(&mut self, node: usize) -> String {
        let (cell, bound) = &mut self.cells[node];
        if std::mem::replace(bound, true) {
            return String::new();
        }
        outcome(cell.try_bind().0.map(|()| 0))
    }
}
