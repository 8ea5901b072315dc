// SPDX-License-Identifier: GPL-2.0
//
// E0308: an ioctl revokes all files, its own among them, and waits for itself. In C: a call of
// synchronize_srcu() inside of a read section of the same domain.

fn misuse(scope: Scope<'_, EchoFile>, files: &OpenFiles<EchoFile>) -> Result {
    files.revoke_all(&scope)
}
