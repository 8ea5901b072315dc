// SPDX-License-Identifier: GPL-2.0
//
// E0277: the scope is moved to a work item. In C: a work item that remove() does not cancel.

fn misuse(scope: Scope<'_, EchoFile>) -> Result<usize> {
    kernel::workqueue::system().try_spawn(GFP_KERNEL, move || scope.data().queue.wake_all())?;
    Ok(0)
}
