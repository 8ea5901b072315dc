// SPDX-License-Identifier: GPL-2.0

//! User memory: the caller's buffers, and copies from and to them.

mod batch;
mod buffer;
mod bytes;
pub(crate) mod transfer;

pub use batch::Batch;
pub(crate) use buffer::{FromIter, Pieces, ToIter};
pub use buffer::{UserDest, UserSource};
pub use bytes::Bytes;
