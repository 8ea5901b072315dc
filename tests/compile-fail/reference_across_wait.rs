// SPDX-License-Identifier: GPL-2.0
//
// E0505: a reference to the device's data is used after a sleep. In C: a pointer that was read
// before wait_event(), to memory that remove() has freed meanwhile.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    let data = scope.data();
    let _scope = scope.wait_interruptible(|f| &f.queue, |_| true)?;
    data.queue.wake_all();
    Ok(0)
}
