// SPDX-License-Identifier: GPL-2.0

//! Makes the calls of sequences, and writes down what comes out.

use super::{
    alarm::Alarm,
    arena::Arena,
    draw::sequence,
    op::{Op, Slot, NODES, SLOTS},
};
use crate::{
    device,
    ec::{run, testec::raise, Cell, Step, TestEc},
};
use rustix::{
    fd::{AsRawFd, OwnedFd, RawFd},
    fs::OFlags,
    io::{self, Errno},
    pipe::{pipe_with, PipeFlags},
};
use std::path::Path;

/// Who makes the calls. It needs the controller for itself.
pub struct Actor {
    files: [Option<OwnedFd>; SLOTS],
    pub(super) arena: Arena,
    pub(super) alarm: Alarm,
    cells: [(Cell, bool); 2],
    /// For the script; open as long as its node is there.
    control: Option<OwnedFd>,
    raiser: OwnedFd,
    pipe: (OwnedFd, OwnedFd),
}

impl Actor {
    /// For the controller `ec`.
    ///
    /// # Panics
    ///
    /// If it is not bound.
    pub fn new(ec: &TestEc) -> Self {
        Self {
            files: [const { None }; SLOTS],
            arena: Arena::new(),
            alarm: Alarm::new(),
            cells: NODES.map(|node| (ec.cell(node), true)),
            control: None,
            raiser: TestEc::raiser().expect("testec/raise"),
            pipe: pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe"),
        }
    }

    /// What comes out of each call of a sequence.
    ///
    /// # Panics
    ///
    /// If the controller cannot be put back into its first state.
    pub fn play(&mut self, seed: u64, number: u64) -> Vec<String> {
        self.reset();
        sequence(seed, number)
            .iter()
            .map(|op| self.call(op))
            .collect()
    }

    /// As after power-on, with nothing open.
    fn reset(&mut self) {
        self.files = [const { None }; SLOTS];
        (0..NODES.len()).for_each(|node| _ = self.bind(node));
        // What the last sequence wanted to fail may still do so.
        let mut tries = (0..10).map(|_| self.script(&Step::Reset));
        assert!(tries.any(|said| said == "0"), "the controller is not reset");
    }

    fn call(&mut self, op: &Op) -> String {
        match op {
            Op::Open { slot, node, flags } => self.open(*slot, *node, *flags),
            Op::Close { slot } => {
                *self.slot(*slot) = None;
                String::new()
            }
            Op::Dup { slot, to } => self.dup(*slot, *to),
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
            } => self.ioctl(*slot, *number, *place, &[], *compat),
            Op::Read { slot, pieces, how } => self.read(*slot, pieces, *how),
            Op::Write { slot, pieces } => self.write(*slot, *pieces),
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
            Op::Seek {
                slot,
                offset,
                whence,
            } => self.seek(slot, offset, whence),
            Op::Poll { slot, events } => self.poll(slot, events),
            Op::Select { slot } => self.select(slot),
            Op::Epoll { slot } => self.epoll(slot),
            Op::Flags { slot, flags } => self.set_flags(slot, flags),
            Op::Info { slot } => self.info(slot),
            Op::Other { slot, which } => self.other(slot, which),
            Op::Unbind { node } => self.unbind(node),
            Op::Bind { node } => self.bind(node),
            _ => unreachable!("a call with a pointer"),
        }
    }

    pub(super) fn file(&self, slot: Slot) -> Option<&OwnedFd> {
        self.files[slot].as_ref()
    }

    pub(super) fn slot(&mut self, slot: Slot) -> &mut Option<OwnedFd> {
        &mut self.files[slot]
    }

    pub(super) fn pipe(&self) -> RawFd {
        self.pipe.1.as_raw_fd()
    }

    pub(super) fn pipe_out(&self) -> RawFd {
        self.pipe.0.as_raw_fd()
    }

    fn open(&mut self, slot: Slot, node: usize, flags: i32) -> String {
        let path = Path::new("/dev").join(NODES[node]);
        let opened = device::open(&path, OFlags::from_bits_retain(flags as u32));
        let text = outcome(opened.as_ref().map(|_| 0).map_err(|e| *e));
        *self.slot(slot) = opened.ok();
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

/// What a call came to.
pub(super) fn outcome(result: io::Result<usize>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("errno {}", error.raw_os_error()),
    }
}
