// SPDX-License-Identifier: GPL-2.0
//
// E0507: a page fault waits for an event. In C: it holds the mmap lock meanwhile, and every change
// of the address space waits for it.

fn misuse<'s>(scope: &'s Scope<'_, EchoFile>, _area: &Area) -> Result<Backing<'s>> {
    scope.wait_killable(|f| &f.queue, |_| true)?;
    Err(EINVAL)
}
