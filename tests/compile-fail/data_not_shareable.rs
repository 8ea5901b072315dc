// SPDX-License-Identifier: GPL-2.0
//
// E0277: data without a lock is shared between contexts. In C: a data race between an interrupt
// handler and a file operation.

struct Racy(core::cell::Cell<u32>);

fn misuse<'bound>(binding: &mut Binding<'bound>) -> Result {
    binding.share::<CovariantForLt!(Racy)>(Ok(Racy(core::cell::Cell::new(0))))?;
    Ok(())
}
