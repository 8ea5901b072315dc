// SPDX-License-Identifier: GPL-2.0
//
// E0308: as revoke_all_in_ioctl, by way of a context that has no scope.

fn misuse(_scope: Scope<'_, EchoFile>, files: &OpenFiles<EchoFile>) -> Result {
    unscoped(|context| files.revoke_all(context))
}
