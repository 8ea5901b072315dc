// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: a reader takes the guard of another provider's resource out of
// the section without a scope, and sleeps with it. In C: `wait_event()` after a function that has
// called `srcu_read_lock()` for its caller.

fn misuse(scope: Scope<'_, EchoFile>, value: &Revocable<u32>) -> Result<usize> {
    let guard = unscoped(|context| value.try_access(context)).ok_or(ENODEV)?;
    scope.wait_interruptible(|f| &f.queue, |_| true)?;
    drop(guard);
    Ok(0)
}
