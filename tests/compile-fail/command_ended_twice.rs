// SPDX-License-Identifier: GPL-2.0
//
// E0382: an io_uring command is ended twice. In C: `io_uring_cmd_done()` of a request that was
// freed, or reused.

fn misuse(pending: PendingCmd) {
    pending.complete(Ok(1));
    pending.complete(Err(EIO));
}
