// SPDX-License-Identifier: GPL-2.0

//! The memory that the EC shares with the guest: the packet buffer (ports 0x800 and on, for the
//! driver) and the memory map (0x900 and on). It is a file that QEMU maps as the guest's RAM; what
//! is written to the file is in the mapping.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::memory::MEMMAP_SIZE;
use crate::packet::PACKET_SIZE;

/// Where the memory map is.
const MEMMAP: u64 = PACKET_SIZE as u64;

/// The shared memory.
#[derive(Debug)]
pub struct Shared(File);

impl Shared {
    /// Opens the file at `path`, which must be there and large enough.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self(file))
    }

    /// The packet buffer.
    pub fn packet(&self) -> Result<[u8; PACKET_SIZE]> {
        let mut bytes = [0; PACKET_SIZE];
        self.0
            .read_exact_at(&mut bytes, 0)
            .context("cannot read the packet buffer")?;
        Ok(bytes)
    }

    /// Writes a reply.
    pub fn reply(&self, bytes: &[u8]) -> Result<()> {
        let len = bytes.len().min(PACKET_SIZE);
        self.0
            .write_all_at(&bytes[..len], 0)
            .context("cannot write the packet buffer")
    }

    /// Writes the memory map.
    pub fn memmap(&self, bytes: &[u8; MEMMAP_SIZE]) -> Result<()> {
        self.0
            .write_all_at(bytes, MEMMAP)
            .context("cannot write the memory map")
    }
}
