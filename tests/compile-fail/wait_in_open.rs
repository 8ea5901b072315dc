// SPDX-License-Identifier: GPL-2.0
//
// E0599: open() waits, and holds up each open() of every misc device. In C: `wait_event()` under
// the mutex of misc_open().

fn misuse(scope: &OpenScope<'_, EchoFile>) -> Result {
    scope.wait_interruptible(|f| &f.queue, |_| true)?;
    Ok(())
}
