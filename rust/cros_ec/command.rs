// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands a buffer to C, and vouches for what C does with it.

//! Host commands.

use crate::bindings;
use core::mem::offset_of;
use kernel::prelude::*;
use zerocopy_derive::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The most data that a command may have, in bytes, each way.
const MAX_DATA: u32 = bindings::EC_MAX_MSG_BYTES;

/// `struct cros_ec_command`, without its data. User space knows it too.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Header {
    /// The version of the command.
    pub version: u32,
    /// Which: `EC_CMD_...`.
    pub command: u32,
    /// How much data goes out, in bytes.
    pub outsize: u32,
    /// How much data may come in, in bytes.
    pub insize: u32,
    /// What the controller says: `EC_RES_...`.
    pub result: u32,
}

const _: () = {
    assert!(size_of::<Header>() == offset_of!(bindings::cros_ec_command, data));
    assert!(offset_of!(Header, result) == offset_of!(bindings::cros_ec_command, result));
};

/// How much data a command has room for without an allocation, in words. Most have less.
const SMALL: usize = 27;

/// A command with its data, which goes out, and is overwritten by what comes in.
///
/// # Invariants
///
/// The words begin with a [`Header`], and have room for as much data after it as the larger of its
/// sizes says.
pub struct Command {
    words: Words,
}

enum Words {
    Small([u32; HEADER + SMALL]),
    Large(KVVec<u32>),
}

/// The words of a header.
const HEADER: usize = size_of::<Header>() / size_of::<u32>();

impl Command {
    /// A command with zeros for data. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: more than 64 KiB are to go out or come in.
    /// - `ENOMEM`.
    #[inline]
    pub fn new(header: Header) -> Result<Self> {
        let data = header.outsize.max(header.insize);
        // CAST: Widens.
        let len = HEADER + (data as usize).div_ceil(size_of::<u32>());
        // INVARIANT: As long as that.
        let mut command = Self {
            words: if len <= HEADER + SMALL {
                Words::Small([0; HEADER + SMALL])
            } else if data <= MAX_DATA {
                Words::Large(zeros(len)?)
            } else {
                return Err(EINVAL);
            },
        };
        *command.header_mut() = header;
        Ok(command)
    }

    #[inline]
    fn words(&self) -> &[u32] {
        match &self.words {
            Words::Small(words) => words,
            Words::Large(words) => words,
        }
    }

    #[inline]
    fn words_mut(&mut self) -> &mut [u32] {
        match &mut self.words {
            Words::Small(words) => words,
            Words::Large(words) => words,
        }
    }

    /// The header. After a transfer, `insize` may be less than before: what the controller can send
    /// at most.
    #[inline]
    pub fn header(&self) -> &Header {
        // SAFETY: By the type invariant; any bytes are a `Header`, which is aligned as `u32`.
        unsafe { &*self.words().as_ptr().cast() }
    }

    #[inline]
    fn header_mut(&mut self) -> &mut Header {
        // SAFETY: By the type invariant; any bytes are a `Header`, which is aligned as `u32`, and
        // nobody else has the words.
        unsafe { &mut *self.words_mut().as_mut_ptr().cast() }
    }

    /// What goes out.
    #[inline]
    pub fn outgoing(&mut self) -> &mut [u8] {
        // CAST: Widens.
        let len = self.header().outsize as usize;
        &mut self.words_mut().as_mut_bytes()[size_of::<Header>()..][..len]
    }

    /// What came in. Where the controller sent less, the rest is what was there before: what went
    /// out, and zeros.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the command has no room for a `V`.
    pub fn response<V: FromBytes>(&self) -> Result<V> {
        let data = &self.words().as_bytes()[size_of::<Header>()..];
        let (value, _) = V::read_from_prefix(data).map_err(|_| EINVAL)?;
        Ok(value)
    }

    /// The header and what came in, as user space gets it.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // CAST: Widens.
        let len = size_of::<Header>() + self.header().insize as usize;
        &self.words().as_bytes()[..len]
    }

    /// For a chip behind the controller, whose commands are those past `offset`.
    #[inline]
    pub(crate) fn forward(&mut self, offset: u16) {
        let header = self.header_mut();
        header.command = header.command.wrapping_add(offset.into());
    }

    /// For the functions that transfer it. They lower `insize`, and write no more data than that.
    #[inline]
    pub(crate) fn as_raw(&mut self) -> *mut bindings::cros_ec_command {
        self.words_mut().as_mut_ptr().cast()
    }
}

#[cold]
fn zeros(len: usize) -> Result<KVVec<u32>> {
    Ok(KVVec::from_elem(0, len, GFP_KERNEL)?)
}
