// SPDX-License-Identifier: GPL-2.0
//
// E0599: open() waits, and blocks each open() of any misc device. In C: `wait_event()` under the
// mutex of misc_open().

fn misuse(scope: &OpenScope<'_, EchoFile>) -> Result {
    scope.wait_interruptible(|f| &f.queue, |_| true)?;
    Ok(())
}
