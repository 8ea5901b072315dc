// SPDX-License-Identifier: GPL-2.0
//
// E0507: a condition sleeps. In C: a wait in the condition of wait_event().

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    scope.wait_interruptible(
        |f| &f.queue,
        |s| s.wait_killable(|f| &f.queue, |_| true).is_ok(),
    )?;
    Ok(0)
}
