// SPDX-License-Identifier: GPL-2.0
//
// E0521: the cookie is moved to a work item that nobody waits for. In C: a handler calls
// `schedule_work()`, and remove() does not call `cancel_work_sync()`.

fn misuse(scope: &AtomicScope<'_, CovariantForLt!(Echo)>) -> Result {
    let device = scope.device();
    kernel::workqueue::system().try_spawn(GFP_KERNEL, move || dev_info!(device, "late\n"))?;
    Ok(())
}
