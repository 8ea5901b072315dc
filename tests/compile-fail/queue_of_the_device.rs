// SPDX-License-Identifier: GPL-2.0
//
// E0597: a sleeper is put on a queue in the device's data. In C: a wait queue is freed while tasks
// sleep on it.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    let queue: &WaitQueue = &scope.data().queue;
    scope.wait_interruptible(|_| queue, |_| true)?;
    Ok(0)
}
