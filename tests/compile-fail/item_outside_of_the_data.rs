// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: an item is registered that is not in the shared data. In C: a
// work item on the stack of probe().

struct Later;

impl callback::Handler for Later {
    type Device = CovariantForLt!(Echo);

    fn run(_scope: &mut ProcessScope<'_, Self::Device>) {}
}

fn misuse<'bound>(
    binding: &mut Binding<'bound>,
    echo: Shared<'bound, CovariantForLt!(Echo)>,
    item: &work::Item<Later>,
) -> Result {
    work::register(binding, work::Queue::system(), echo, |_| item)
}
