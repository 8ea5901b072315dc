// SPDX-License-Identifier: GPL-2.0
//
// E0382: the device is used after the other files were revoked, though this file may have been
// revoked, too. In C: two callers revoke each other, and the one whose file is gone still uses the
// device.

fn misuse(scope: Scope<'_, EchoFile>) {
    if scope.revoke_others().is_err() {
        scope.data().queue.wake_all();
    }
}
