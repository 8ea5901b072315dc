// SPDX-License-Identifier: GPL-2.0
//
// E0382: the device is used after the file was revoked. In C: the client is marked as revoked, and
// the rest of the ioctl uses its buffer.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<isize> {
    scope.revoke()?;
    scope.data().queue.wake_all();
    Ok(0)
}
