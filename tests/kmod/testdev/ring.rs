// SPDX-License-Identifier: GPL-2.0

//! A ring of bytes.

pub(crate) const SIZE: usize = 4096;

/// At most [`SIZE`] bytes, first in, first out.
pub(crate) struct Ring {
    bytes: [u8; SIZE],
    start: usize,
    len: usize,
}

impl Ring {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            start: 0,
            len: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn room(&self) -> usize {
        SIZE - self.len
    }

    /// Adds the bytes that fit. Returns their number.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.room());
        for &byte in &bytes[..taken] {
            self.bytes[(self.start + self.len) % SIZE] = byte;
            self.len += 1;
        }
        taken
    }

    /// Takes bytes, as many as fit into `bytes`. Returns their number.
    pub(crate) fn pop(&mut self, bytes: &mut [u8]) -> usize {
        let taken = bytes.len().min(self.len);
        for byte in &mut bytes[..taken] {
            *byte = self.bytes[self.start];
            self.start = (self.start + 1) % SIZE;
            self.len -= 1;
        }
        taken
    }

    /// Puts back the bytes that were taken last, as far as they fit.
    pub(crate) fn unpop(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().rev().take(self.room()) {
            self.start = (self.start + SIZE - 1) % SIZE;
            self.bytes[self.start] = byte;
            self.len += 1;
        }
    }
}
