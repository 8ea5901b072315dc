// SPDX-License-Identifier: GPL-2.0
//
// E0382: a command is kept after the device has gone. In C: a request that is put on a list which remove()
// has just emptied, so that nobody completes it.

fn misuse<'c>(scope: Scope<'_, EchoFile>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
    if scope.wait_interruptible(|f| &f.queue, |_| true).is_err() {
        return cmd.keep(&scope).map(|(_, issued)| issued);
    }
    Ok(Issued::done(0))
}
