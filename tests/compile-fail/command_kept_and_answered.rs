// SPDX-License-Identifier: GPL-2.0
//
// E0382: a method keeps a command, and uses it as if it had not. In C: -EAGAIN for a request that is on a
// list of the driver's, and is issued once more.

fn misuse<'c>(scope: Scope<'_, EchoFile>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
    let (pending, _) = cmd.keep(&scope)?;
    pending.complete(Ok(0));
    cmd.keep(&scope).map(|(_, issued)| issued)
}
