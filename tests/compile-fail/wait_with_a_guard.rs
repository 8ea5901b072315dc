// SPDX-License-Identifier: GPL-2.0
//
// E0505: a reader sleeps while it holds the device's mutex. In C: `wait_event()` under a mutex:
// each other caller, and remove(), waits as long as this one.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    let line = scope.data().line.lock();
    let scope = scope.wait_interruptible(|f| &f.queue, |_| true)?;
    drop(line);
    drop(scope);
    Ok(0)
}
