// SPDX-License-Identifier: GPL-2.0
//
// E0382: a command is kept after the device is gone. In C: a request is added to a list that
// remove() has just emptied, so nobody completes it.

fn misuse<'c>(scope: Scope<'_, EchoFile>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
    if scope.wait_interruptible(|f| &f.queue, |_| true).is_err() {
        return cmd.keep(&scope).map(|(_, issued)| issued);
    }
    Ok(Issued::done(0))
}
