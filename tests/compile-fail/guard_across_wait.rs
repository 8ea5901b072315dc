// SPDX-License-Identifier: GPL-2.0
//
// E0505: a reader sleeps while it holds the resource of another provider. In C: `wait_event()`
// between `srcu_read_lock()` and unlock: the provider's remove() waits as long as the reader.

fn misuse(scope: Scope<'_, EchoFile>, value: &Revocable<u32>) -> Result<usize> {
    let guard = value.try_access(&scope).ok_or(ENODEV)?;
    scope.wait_interruptible(|f| &f.queue, |_| true)?;
    drop(guard);
    Ok(0)
}
