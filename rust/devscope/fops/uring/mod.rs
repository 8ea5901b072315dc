// SPDX-License-Identifier: GPL-2.0

//! Commands of io_uring (`IORING_OP_URING_CMD`): what `ioctl()` is for, without waiting for its
//! end.
//!
//! A command ends with what [`FileOperations::uring_cmd`](super::FileOperations::uring_cmd)
//! returns. Or the method keeps it ([`UringCmd::keep`]), and the driver ends it later, from an
//! interrupt, say. Whatever becomes of the driver's [`PendingCmd`], each command ends once: the
//! framework ends it with `ENODEV` when the device or the file goes, and with `ECANCELED` when its
//! ring or its task does.
//!
//! C header: [`include/linux/io_uring/cmd.h`](srctree/include/linux/io_uring/cmd.h)

mod command;
mod issue;
mod request;

pub(super) use command::Commands;
pub use command::PendingCmd;
pub(super) use issue::Issue;
pub use issue::{Issued, UringCmd};

use kernel::prelude::*;

/// The result of a command, as io_uring takes it.
fn number(result: Result<u32>) -> i32 {
    match result {
        Ok(value) => i32::try_from(value).unwrap_or(i32::MAX),
        // io_uring takes it that somebody completes the request later. Nobody does.
        Err(EIOCBQUEUED) => EIO.to_errno(),
        // Nobody calls again.
        Err(ERESTARTSYS | ERESTARTNOINTR | ERESTARTNOHAND | ERESTART_RESTARTBLOCK) => {
            EINTR.to_errno()
        }
        Err(error) => error.to_errno(),
    }
}
