// SPDX-License-Identifier: GPL-2.0
//
// E0505: a reader sleeps with the device's mutex. In C: a mutex across `wait_event()`: each
// other caller, and unbind, wait for the patience of one.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    let line = scope.data().line.lock();
    let scope = scope.wait_interruptible(|f| &f.queue, |_| true)?;
    drop(line);
    drop(scope);
    Ok(0)
}
