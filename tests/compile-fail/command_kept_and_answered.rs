// SPDX-License-Identifier: GPL-2.0
//
// E0382: a method keeps a command, and then still uses it. In C: -EAGAIN for a request that is on a
// list of the driver: it is issued again.

fn misuse<'c>(scope: Scope<'_, EchoFile>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
    let (pending, _) = cmd.keep(&scope)?;
    pending.complete(Ok(0));
    cmd.keep(&scope).map(|(_, issued)| issued)
}
