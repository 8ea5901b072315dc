// SPDX-License-Identifier: GPL-2.0
//
// E0308: an ioctl revokes all files, including its own, and waits for itself. In C:
// synchronize_srcu() inside a read section of the same domain.

fn misuse(scope: Scope<'_, EchoFile>, files: &OpenFiles<EchoFile>) -> Result {
    files.revoke_all(&scope)
}
