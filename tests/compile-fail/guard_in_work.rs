// SPDX-License-Identifier: GPL-2.0
//
// E0277: a guard is dropped by another task than the one that took it. In C: srcu_read_lock_fast()
// in one task and srcu_read_unlock_fast() in a work item.

fn misuse(value: &'static Revocable<u32>, scope: &'static Scope<'static, EchoFile>) -> Result {
    let guard = value.try_access(scope).ok_or(ENODEV)?;
    kernel::workqueue::system().try_spawn(GFP_KERNEL, move || drop(guard))?;
    Ok(())
}
