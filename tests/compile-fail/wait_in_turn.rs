// SPDX-License-Identifier: GPL-2.0
//
// E0507: work in a turn sleeps without bound. In C: a wait for an event under the mutex that the
// commands of all callers take.

fn misuse(scope: Scope<'_, EchoFile>, turns: &'static Turns) -> Result<usize> {
    scope.in_turn(
        |_| turns,
        |s| s.wait_killable(|f| &f.queue, |_| true).is_ok(),
    )?;
    Ok(0)
}
