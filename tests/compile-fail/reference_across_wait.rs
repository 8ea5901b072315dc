// SPDX-License-Identifier: GPL-2.0
//
// E0505: a reference to the device's data from before a sleep is used after it. In C: a pointer
// that was fetched before wait_event(), to memory that remove() freed meanwhile.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    let data = scope.data();
    let _scope = scope.wait_interruptible(|f| &f.queue, |_| true)?;
    data.queue.wake_all();
    Ok(0)
}
