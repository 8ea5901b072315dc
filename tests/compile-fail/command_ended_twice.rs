// SPDX-License-Identifier: GPL-2.0
//
// E0382: a command of io_uring is ended twice. In C: `io_uring_cmd_done()` of a request that is freed, or
// is another one's by then.

fn misuse(pending: PendingCmd) {
    pending.complete(Ok(1));
    pending.complete(Err(EIO));
}
