// SPDX-License-Identifier: GPL-2.0
//
// E0423: a reader creates the proof that it has no scope, and sleeps with the resource of another
// provider. In C: `wait_event()` between `srcu_read_lock()` and unlock: the provider's remove()
// waits as long as the reader.

fn misuse(scope: Scope<'_, EchoFile>, value: &Revocable<u32>) -> Result<usize> {
    let guard = value.try_access(&Unscoped).ok_or(ENODEV)?;
    scope.wait_interruptible(|f| &f.queue, |_| true)?;
    drop(guard);
    Ok(0)
}
