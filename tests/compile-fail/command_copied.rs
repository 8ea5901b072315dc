// SPDX-License-Identifier: GPL-2.0
//
// E0599: a command is on two lists. In C: two interrupts both call `io_uring_cmd_done()`.

fn misuse(pending: PendingCmd) -> (PendingCmd, PendingCmd) {
    (pending.clone(), pending)
}
