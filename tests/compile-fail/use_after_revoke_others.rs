// SPDX-License-Identifier: GPL-2.0
//
// E0382: the device is used after others were revoked, though this file may have been, too. In C: two
// programs revoke each other, and the one whose file is gone goes on with its device.

fn misuse(scope: Scope<'_, EchoFile>) {
    if scope.revoke_others().is_err() {
        scope.data().queue.wake_all();
    }
}
