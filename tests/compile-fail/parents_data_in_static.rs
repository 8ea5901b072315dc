// SPDX-License-Identifier: GPL-2.0
//
// E0521: a static keeps the data of a child driver's parent. In C: a global pointer to memory that
// the parent's remove() frees.

static PARENT: kernel::sync::SetOnce<&'static Echo> = kernel::sync::SetOnce::new();

fn misuse(adev: &auxiliary::Device<Bound>) -> Result {
    PARENT.populate(auxiliary::parent_data::<CovariantForLt!(Echo)>(adev)?);
    Ok(())
}
