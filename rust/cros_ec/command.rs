// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands a buffer to C, and vouches for what C does with it.

//! Host commands.

use crate::bindings;
use core::mem::offset_of;
use kernel::prelude::*;
use zerocopy_derive::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The maximum size of the data of a command, in bytes, for the request and for the response.
const MAX_DATA: u32 = bindings::EC_MAX_MSG_BYTES;

/// `struct cros_ec_command` without its data. It is a part of the user space interface.
#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Header {
    /// The version of the command.
    pub version: u32,
    /// The command: `EC_CMD_...`.
    pub command: u32,
    /// The size of the request data, in bytes.
    pub outsize: u32,
    /// The maximum size of the response data, in bytes.
    pub insize: u32,
    /// The result of the controller: `EC_RES_...`.
    pub result: u32,
}

const _: () = {
    assert!(size_of::<Header>() == offset_of!(bindings::cros_ec_command, data));
    assert!(offset_of!(Header, result) == offset_of!(bindings::cros_ec_command, result));
};

/// The size of the data that a command can have without an allocation, in words. Most commands have
/// less.
const SMALL: usize = 27;

/// A command with its data. The response overwrites the request.
///
/// # Invariants
///
/// The words begin with a [`Header`], followed by space for data of the larger of its two sizes.
pub struct Command {
    words: Words,
}

enum Words {
    Small([u32; HEADER + SMALL]),
    Large(KVVec<u32>),
}

/// The size of a header, in words.
const HEADER: usize = size_of::<Header>() / size_of::<u32>();

impl Command {
    /// Creates a command with zeroed data. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a size is larger than 64 KiB.
    /// - `ENOMEM`.
    #[inline]
    pub fn new(header: Header) -> Result<Self> {
        let data = header.outsize.max(header.insize);
        // CAST: Widens.
        let len = HEADER + (data as usize).div_ceil(size_of::<u32>());
        // INVARIANT: The words have this length.
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

    /// Returns the header. A transfer may reduce `insize` to the maximum that the controller can
    /// send.
    #[inline]
    pub fn header(&self) -> &Header {
        // SAFETY: By the type invariant; any bytes are a valid `Header`, which has the alignment of
        // `u32`.
        unsafe { &*self.words().as_ptr().cast() }
    }

    #[inline]
    fn header_mut(&mut self) -> &mut Header {
        // SAFETY: By the type invariant; any bytes are a valid `Header`, which has the alignment of
        // `u32`, and no other code has the words.
        unsafe { &mut *self.words_mut().as_mut_ptr().cast() }
    }

    /// Returns the request data.
    #[inline]
    pub fn outgoing(&mut self) -> &mut [u8] {
        // CAST: Widens.
        let len = self.header().outsize as usize;
        &mut self.words_mut().as_mut_bytes()[size_of::<Header>()..][..len]
    }

    /// Returns the response data. If the response is shorter than `V`, the rest is request data and
    /// zeros.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the data of the command is smaller than `V`.
    pub fn response<V: FromBytes>(&self) -> Result<V> {
        let data = &self.words().as_bytes()[size_of::<Header>()..];
        let (value, _) = V::read_from_prefix(data).map_err(|_| EINVAL)?;
        Ok(value)
    }

    /// Returns the header and the response data, in the format for user space.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // CAST: Widens.
        let len = size_of::<Header>() + self.header().insize as usize;
        &self.words().as_bytes()[..len]
    }

    /// Adds `offset` to the command number, for a chip behind the controller.
    #[inline]
    pub(crate) fn forward(&mut self, offset: u16) {
        let header = self.header_mut();
        header.command = header.command.wrapping_add(offset.into());
    }

    /// Returns a pointer for the transfer functions. They may reduce `insize`, and write no more
    /// data than that.
    #[inline]
    pub(crate) fn as_raw(&mut self) -> *mut bindings::cros_ec_command {
        self.words_mut().as_mut_ptr().cast()
    }
}

#[cold]
fn zeros(len: usize) -> Result<KVVec<u32>> {
    Ok(KVVec::from_elem(0, len, GFP_KERNEL)?)
}
