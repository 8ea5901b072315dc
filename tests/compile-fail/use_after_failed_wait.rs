// SPDX-License-Identifier: GPL-2.0
//
// E0382: the device is used after a wait that has failed because of unplug. In C: the error of a
// wait is logged, and the next line writes a register.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    if scope.wait_interruptible(|f| &f.queue, |_| true).is_err() {
        scope.data().queue.wake_all();
    }
    Ok(0)
}
