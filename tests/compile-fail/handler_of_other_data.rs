// SPDX-License-Identifier: GPL-2.0
//
// E0308: a handler is registered with data of another type. In C: a `void *` is cast to the wrong
// struct.

struct Handler;

impl irq::Handler for Handler {
    type Device = CovariantForLt!(u32);

    fn handle(_scope: &AtomicScope<'_, Self::Device>) -> irq::IrqReturn {
        irq::IrqReturn::Handled
    }
}

fn misuse<'bound>(
    binding: &mut Binding<'bound>,
    request: kernel::irq::IrqRequest<'bound>,
    echo: Shared<'bound, CovariantForLt!(Echo)>,
) -> Result {
    irq::register::<Handler>(binding, request, irq::Flags::SHARED, c"echo", echo)
}
