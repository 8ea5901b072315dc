// SPDX-License-Identifier: GPL-2.0
//
// E0521: the cookie goes to a work item that nobody waits for. In C: `schedule_work()` in a
// handler, and no `cancel_work_sync()` in remove().

fn misuse(scope: &AtomicScope<'_, CovariantForLt!(Echo)>) -> Result {
    let device = scope.device();
    kernel::workqueue::system().try_spawn(GFP_KERNEL, move || dev_info!(device, "late\n"))?;
    Ok(())
}
