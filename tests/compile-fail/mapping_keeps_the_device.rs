// SPDX-License-Identifier: GPL-2.0
//
// E0521: what is behind a mapping is kept, to be answered again when the device is gone. In C:
// `vma->vm_private_data` is the device's, and the fault handler follows it.

fn misuse<'s>(
    scope: &'s Scope<'_, EchoFile>,
    pages: impl Fn(&'s Echo) -> &'s Pages,
    area: &Area,
    kept: &Mutex<Option<Backing<'static>>>,
) -> Result {
    *kept.lock() = Some(area.backed_by(pages(scope.data()))?);
    Ok(())
}
