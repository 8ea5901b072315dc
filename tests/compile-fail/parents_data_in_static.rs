// SPDX-License-Identifier: GPL-2.0
//
// E0521: a child driver keeps its parent's data for later. In C: a global pointer to what the
// parent's remove() frees.

static PARENT: kernel::sync::SetOnce<&'static Echo> = kernel::sync::SetOnce::new();

fn misuse(adev: &auxiliary::Device<Bound>) -> Result {
    PARENT.populate(auxiliary::parent_data::<CovariantForLt!(Echo)>(adev)?);
    Ok(())
}
