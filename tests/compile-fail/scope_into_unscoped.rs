// SPDX-License-Identifier: GPL-2.0
//
// E0277: a reader takes its scope into a section without a scope, and sleeps there with the
// resource of another provider. In C: `wait_event()` between `srcu_read_lock()` and unlock, in a
// function that others call.

fn misuse(scope: Scope<'_, EchoFile>, value: &Revocable<u32>) -> Result<usize> {
    unscoped(|context| {
        let guard = value.try_access(context).ok_or(ENODEV)?;
        scope.wait_interruptible(|f| &f.queue, |_| true)?;
        drop(guard);
        Ok(0)
    })
}
