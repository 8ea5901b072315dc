// SPDX-License-Identifier: GPL-2.0
//
// E0308: an ioctl revokes all files, including its own, in a section without a scope. In C:
// synchronize_srcu() inside a read section of the same domain, in a function that it calls.

fn misuse(_scope: Scope<'_, EchoFile>, files: &OpenFiles<EchoFile>) -> Result {
    unscoped(|context| files.revoke_all(context))
}
