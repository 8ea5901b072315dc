// SPDX-License-Identifier: GPL-2.0

//! io_uring commands (`IORING_OP_URING_CMD`): like an `ioctl()`, but asynchronous.
//!
//! The result of [`FileOperations::uring_cmd`](super::FileOperations::uring_cmd) completes a
//! command. Or the method keeps the command ([`UringCmd::keep`]), and the driver completes it
//! later, for example in an interrupt. Each command ends once, whatever the driver does with its
//! [`PendingCmd`]: the framework ends it with `ENODEV` at unplug or revoke, and with `ECANCELED`
//! when its ring is closed or its task exits.
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

/// Converts the result of a command for io_uring.
fn number(result: Result<u32>) -> i32 {
    match result {
        Ok(value) => i32::try_from(value).unwrap_or(i32::MAX),
        // With this error, io_uring would expect a later completion, which never comes.
        Err(EIOCBQUEUED) => EIO.to_errno(),
        // io_uring does not restart the call.
        Err(ERESTARTSYS | ERESTARTNOINTR | ERESTARTNOHAND | ERESTART_RESTARTBLOCK) => {
            EINTR.to_errno()
        }
        Err(error) => error.to_errno(),
    }
}
