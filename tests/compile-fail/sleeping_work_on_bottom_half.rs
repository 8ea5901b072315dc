// SPDX-License-Identifier: GPL-2.0
//
// E0308: a handler that may sleep is put on a bottom-half workqueue. In C: a mutex in a tasklet.

#[pin_data]
struct Lazy {
    #[pin]
    later: work::Item<Later>,
}

struct Later;

impl callback::Handler for Later {
    type Device = CovariantForLt!(Lazy);

    fn run(_scope: &mut ProcessScope<'_, Self::Device>) {}
}

fn misuse<'bound>(
    binding: &mut Binding<'bound>,
    lazy: Shared<'bound, CovariantForLt!(Lazy)>,
) -> Result {
    let queue = work::Queue::bottom_half();
    work::register(binding, queue, lazy, |lazy| &lazy.later)
}
