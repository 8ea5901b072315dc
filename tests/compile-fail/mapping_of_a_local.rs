// SPDX-License-Identifier: GPL-2.0
//
// E0515: the pages are dropped when the method returns. In C: memory is freed while it is mapped.

fn misuse<'s>(_scope: &'s Scope<'_, EchoFile>, area: &Area) -> Result<Backing<'s>> {
    let pages = Pages::new(1)?;
    area.backed_by(&pages)
}
