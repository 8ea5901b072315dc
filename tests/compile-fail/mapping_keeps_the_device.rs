// SPDX-License-Identifier: GPL-2.0
//
// E0521: the backing of a mapping is kept, to be returned again when the device is gone. In C:
// `vma->vm_private_data` points to the device's data, and the fault handler uses it.

fn misuse<'s>(
    scope: &'s Scope<'_, EchoFile>,
    pages: impl Fn(&'s Echo) -> &'s Pages,
    area: &Area,
    kept: &Mutex<Option<Backing<'static>>>,
) -> Result {
    *kept.lock() = Some(area.backed_by(pages(scope.data()))?);
    Ok(())
}
