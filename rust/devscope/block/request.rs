// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reads and writes the memory of a request.

//! Requests to a disk.

use crate::ffi::block;
use core::{marker::PhantomData, ops::Range, ptr::NonNull};
use kernel::{bindings, prelude::*};

/// The operation of a [`Request`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// A read: the driver [fills](Request::fill) the request.
    Read,
    /// A write: the driver [takes](Request::take) the data.
    Write,
    /// The data is not needed any more: reads may return old data or zeros.
    Discard,
    /// Reads have to return zeros.
    WriteZeroes,
}

/// A request to a disk, while the driver handles it.
///
/// Its memory belongs to a program, the page cache or a file system. The bytes are copied in order,
/// so a read that is completed leaves no byte uninitialised.
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
    /// Errors: `EOPNOTSUPP` for an unknown operation.
    ///
    /// # Safety
    ///
    /// The request is started, and not ended before the value is dropped.
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

    /// Returns the operation.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the range of the request, in bytes. It is within the size of the disk, and not
    /// empty.
    pub fn range(&self) -> Range<u64> {
        self.start..self.start + self.len
    }

    /// Copies the next bytes of a read to the request.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the request is not a read, or `bytes` is longer than its rest.
    pub fn fill(&mut self, bytes: &[u8]) -> Result {
        let done = self.next(Operation::Read, bytes.len())?;
        // SAFETY: By the type invariant.
        match unsafe { block::copy_to(self.raw, done, bytes) } == bytes.len() {
            true => Ok(()),
            false => Err(EIO),
        }
    }

    /// Copies the next bytes of a write from the request. They may change at any time.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the request is not a write, or `bytes` is longer than its rest.
    pub fn take(&mut self, bytes: &mut [u8]) -> Result {
        let done = self.next(Operation::Write, bytes.len())?;
        // SAFETY: By the type invariant.
        match unsafe { block::copy_from(self.raw, done, bytes) } == bytes.len() {
            true => Ok(()),
            false => Err(EIO),
        }
    }

    /// Returns the offset of the next `count` bytes of `operation`, and advances past them.
    fn next(&mut self, operation: Operation, count: usize) -> Result<usize> {
        let done = self.done + count as u64;
        if self.operation != operation || done > self.len {
            return Err(EINVAL);
        }
        // CAST: A request with memory is shorter than 4 GiB.
        Ok(core::mem::replace(&mut self.done, done) as usize)
    }

    /// Returns whether a read or a write is complete.
    pub(super) fn is_whole(&self) -> bool {
        match self.operation {
            Operation::Read | Operation::Write => self.done == self.len,
            Operation::Discard | Operation::WriteZeroes => true,
        }
    }
}
