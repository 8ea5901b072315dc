// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads and writes the memory of a request.

//! What is asked of a disk.

use crate::ffi::block;
use core::{marker::PhantomData, ops::Range, ptr::NonNull};
use kernel::{bindings, prelude::*};

/// What a [`Request`] asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// To be [filled](Request::fill).
    Read,
    /// To be [taken](Request::take).
    Write,
    /// What is there is not wanted any more: reads may return anything that was there, or zeros.
    Discard,
    /// Reads are to return zeros.
    WriteZeroes,
}

/// A request to a disk, while the driver is at it.
///
/// Its memory is that of a program, of the page cache or of a file system. Bytes go in or come out
/// in order, so none of a read is left as it was.
///
/// # Invariants
///
/// `raw` is started, and not ended.
pub struct Request<'a> {
    raw: NonNull<bindings::request>,
    operation: Operation,
    start: u64,
    len: u64,
    done: u64,
    _lent: PhantomData<&'a mut ()>,
}

impl Request<'_> {
    /// Errors: `EOPNOTSUPP` for an operation that no disk here is asked for.
    ///
    /// # Safety
    ///
    /// It is started, and not ended before the value is dropped.
    pub(super) unsafe fn new(raw: NonNull<bindings::request>) -> Result<Self> {
        // SAFETY: The caller has started the request, and not ended it.
        let (operation, start, len) = unsafe { block::about(raw) };
        let operation = match operation {
            bindings::req_op_REQ_OP_READ => Operation::Read,
            bindings::req_op_REQ_OP_WRITE => Operation::Write,
            bindings::req_op_REQ_OP_DISCARD => Operation::Discard,
            bindings::req_op_REQ_OP_WRITE_ZEROES => Operation::WriteZeroes,
            _ => return Err(EOPNOTSUPP),
        };
        // INVARIANT: The caller has started the request, and does not end it before the value is
        // dropped.
        Ok(Self {
            raw,
            operation,
            start,
            len,
            done: 0,
            _lent: PhantomData,
        })
    }

    /// What it asks for.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Which bytes of the disk it is about. They are within its size, and not empty.
    pub fn range(&self) -> Range<u64> {
        self.start..self.start + self.len
    }

    /// Gives a read its next bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is no read, or does not ask for as many.
    pub fn fill(&mut self, bytes: &[u8]) -> Result {
        let done = self.next(Operation::Read, bytes.len())?;
        // SAFETY: By the type invariant.
        match unsafe { block::copy_to(self.raw, done, bytes) } == bytes.len() {
            true => Ok(()),
            false => Err(EIO),
        }
    }

    /// Takes the next bytes of a write. Others may change them at any time.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is no write, or does not have as many.
    pub fn take(&mut self, bytes: &mut [u8]) -> Result {
        let done = self.next(Operation::Write, bytes.len())?;
        // SAFETY: By the type invariant.
        match unsafe { block::copy_from(self.raw, done, bytes) } == bytes.len() {
            true => Ok(()),
            false => Err(EIO),
        }
    }

    /// Where the next bytes of `operation` are, which are passed by that.
    fn next(&mut self, operation: Operation, count: usize) -> Result<usize> {
        let done = self.done + count as u64;
        if self.operation != operation || done > self.len {
            return Err(EINVAL);
        }
        // CAST: A request with memory is shorter than 4 GiB.
        Ok(core::mem::replace(&mut self.done, done) as usize)
    }

    /// Whether nothing of a read, or of a write, was left out.
    pub(super) fn is_whole(&self) -> bool {
        match self.operation {
            Operation::Read | Operation::Write => self.done == self.len,
            Operation::Discard | Operation::WriteZeroes => true,
        }
    }
}
