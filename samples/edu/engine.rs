// SPDX-License-Identifier: GPL-2.0

//! The DMA engine, which transfers bytes between the device's memory and a buffer of the driver.
//!
//! A caller *takes* the engine for one transfer, and the engine *runs* during the transfer. The
//! next caller gets it when it is neither taken nor running: a caller that is killed releases it
//! while it still runs.

use crate::{regs, Edu};
use core::ops::Range;
use devscope::prelude::*;
use kernel::{
    device::{Bound, Device},
    dma::Coherent,
    io::{io_project, poll::read_poll_timeout, Io},
    new_mutex,
    prelude::*,
    sync::{Arc, Mutex},
    time::Delta, //
};

/// The used size of the device's memory, in bytes. It has one byte more, but QEMU 7.2 aborts on a
/// transfer that includes this byte, as out of range.
pub(crate) const SIZE: usize = 4095;

#[pin_data]
pub(crate) struct Engine {
    /// The buffer of all transfers. [`RamFile`](crate::RamFile) maps it for programs.
    pub(crate) buffer: Coherent<[u8]>,
    #[pin]
    taken: Mutex<bool>,
    /// Woken when a transfer may have ended, or the engine was released. Every open file has a
    /// reference.
    pub(crate) changed: Arc<WaitQueue>,
}

impl Engine {
    pub(crate) fn new(device: &Device<Bound>) -> impl PinInit<Self, Error> + use<'_> {
        try_pin_init!(Self {
            buffer: Coherent::zeroed_slice(device, SIZE, GFP_KERNEL)?,
            taken <- new_mutex!(false),
            changed: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
        })
    }
}

impl Edu<'_> {
    /// Takes the engine, if it is free. Callers wait for it outside of the gate, so that unbind
    /// waits for one transfer and not for a line of them.
    pub(crate) fn take_engine(&self) -> bool {
        let mut taken = self.engine.taken.lock();
        if *taken || self.engine_runs() {
            return false;
        }
        *taken = true;
        true
    }

    /// Releases the engine, running or not.
    pub(crate) fn give_engine_back(&self) {
        *self.engine.taken.lock() = false;
        self.engine.changed.wake_all();
    }

    pub(crate) fn engine_runs(&self) -> bool {
        self.bar.read(regs::DMA_COMMAND).running()
    }

    /// Starts a transfer of `bytes` to the device's memory. The caller has taken the engine.
    pub(crate) fn start_write(&self, offset: usize, bytes: &[u8]) {
        let buffer = &self.engine.buffer;
        io_project!(buffer, [panic: ..bytes.len()]).copy_from_slice(bytes);
        self.start(
            buffer.dma_address() as u32,
            regs::RAM + offset as u32,
            bytes.len(),
            regs::DMA_COMMAND::zeroed(),
        );
    }

    /// Starts a transfer of a part of the device's memory to the buffer. The caller has taken the
    /// engine.
    pub(crate) fn start_read(&self, part: &Range<usize>) {
        self.start(
            regs::RAM + part.start as u32,
            self.engine.buffer.dma_address() as u32,
            part.len(),
            regs::DMA_COMMAND::zeroed().with_to_memory(true),
        );
    }

    fn start(&self, source: u32, destination: u32, count: usize, command: regs::DMA_COMMAND) {
        let bar = &self.bar;
        bar.write_reg(regs::DMA_SOURCE::zeroed().with_address(source));
        bar.write_reg(regs::DMA_DESTINATION::zeroed().with_address(destination));
        bar.write_reg(regs::DMA_COUNT::zeroed().with_bytes(count as u32));
        bar.write_reg(command.with_interrupt(true).with_running(true));
    }

    /// Copies the result from the buffer. The caller has taken the engine, and the transfer has
    /// ended.
    pub(crate) fn finish_read(&self, bytes: &mut [u8]) {
        let buffer = &self.engine.buffer;
        io_project!(buffer, [panic: ..bytes.len()]).copy_to_slice(bytes);
    }

    /// Waits for the end of a transfer, which takes a tenth of a second; `ETIMEDOUT` after half a
    /// second. A removed device reads as all ones.
    pub(crate) fn wait_for_engine(&self) -> Result {
        read_poll_timeout(
            || Ok(self.bar.read(regs::DMA_COMMAND)),
            |command| !command.running() || command.into_raw() == u32::MAX,
            Delta::from_millis(2),
            Delta::from_millis(500),
        )
        .map(drop)
    }
}
